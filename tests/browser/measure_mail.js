// What a reader's eye and thumb meet in the mail that is shown: lists of plain sentences, empty if all is well.
() => {
  const SMALLEST_TEXT = 12; // CSS px
  const SMALLEST_TARGET = 44;
  const width = document.documentElement.clientWidth;
  const found = { sideways: [], small: [], targets: [], pictures: [], cut: [], broken: [], texts: 0 };
  const brief = (text) => `"${text.trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  const round = (number) => Math.round(number * 10) / 10;

  const widest = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (widest > width) {
    const culprit = [...document.body.querySelectorAll("*")]
      .filter((each) => each.getBoundingClientRect().right > width + 0.5 || each.getBoundingClientRect().left < -0.5)
      .pop();
    found.sideways.push(`${widest} px of content in ${width} px, at ${culprit ? culprit.outerHTML.slice(0, 120) : "?"}`);
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    found.texts += 1;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (size < SMALLEST_TEXT) found.small.push(`${brief(node.data)} has ${size} px`);
    // Each line of the text lies in the cell (or the body) that holds it, and in what cuts overflow off.
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [parent.closest("td, th, body").getBoundingClientRect()];
    for (let above = parent; above && above !== document.body; above = above.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(above);
      if (overflowX !== "visible" || overflowY !== "visible") boxes.push(above.getBoundingClientRect());
    }
    for (const line of range.getClientRects()) {
      for (const box of boxes) {
        if (line.left < box.left - 1 || line.right > box.right + 1 || line.top < box.top - 1 || line.bottom > box.bottom + 1) {
          found.cut.push(`${brief(node.data)}: a line from ${round(line.left)},${round(line.top)} to ` +
            `${round(line.right)},${round(line.bottom)} leaves its box ${round(box.left)},${round(box.top)} to ` +
            `${round(box.right)},${round(box.bottom)}`);
        }
      }
    }
  }

  // A word of letters alone stands on one line; addresses and numbers may break.
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    for (const word of node.data.matchAll(/(?<![^\s])[\p{Script=Latin}]{2,40}(?![^\s.,:;!?])/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1) {
        found.broken.push(`"${word[0]}" stands on two lines`);
      }
    }
  }

  for (const link of document.querySelectorAll(".button a, a.button-link")) {
    const box = link.getBoundingClientRect();
    if (box.height < SMALLEST_TARGET || box.width < SMALLEST_TARGET) {
      found.targets.push(`${brief(link.textContent)} is ${round(box.width)} px by ${round(box.height)} px`);
    }
  }

  for (const picture of document.images) {
    const name = picture.getAttribute("src").slice(0, 60);
    if (!picture.hasAttribute("alt")) found.pictures.push(`${name} has no alt`);
    // Half of all readers see mails without pictures: the sizes keep the place, and Outlook knows no other.
    if (!picture.hasAttribute("width") && !picture.hasAttribute("height")) found.pictures.push(`${name} has no size`);
    if (!picture.complete || picture.naturalWidth === 0) found.pictures.push(`${name} did not load`);
  }
  return found;
}
