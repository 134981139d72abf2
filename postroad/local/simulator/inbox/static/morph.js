// Makes one tree like another and keeps the nodes that stay, so that focus, scroll and frames stay too.

// The attribute: a form's property of that name is its field `id`, if it has one.
const key = (node) => (node.nodeType === Node.ELEMENT_NODE && node.getAttribute("id")) || "";
const alike = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && key(one) === key(other);

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    // What a reader opened stays open, and what a script hid or showed is the script's.
    if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
  }
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

function children(from, to) {
  const named = new Map([...from.children].filter(key).map((each) => [key(each), each]));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    let kept = named.get(key(wanted)) ?? null;
    if (!kept && at && !key(at) && !key(wanted) && alike(at, wanted)) kept = at;
    if (kept && alike(kept, wanted)) {
      if (kept === at) at = at.nextSibling;
      else from.insertBefore(kept, at);
      named.delete(key(kept));
      morph(kept, wanted);
    } else {
      const added = document.importNode(wanted, true);
      if (key(added).startsWith("row-")) added.classList.add("new");
      from.insertBefore(added, at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

export function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  if (from.hasAttribute("data-keep")) return;
  attributes(from, to);
  children(from, to);
}
