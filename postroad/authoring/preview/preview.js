"use strict";
const mails = JSON.parse(document.getElementById("mails").textContent);
const form = document.querySelector(".filters");
const main = document.querySelector("main");
const articles = [...document.querySelectorAll("article")];
const widths = main.dataset.widths.split(" ").map((one) => {
  const [name, pixels] = one.split(":");
  return { name, pixels: Number(pixels) };
});
/* Where the address leads: frames above it grow as they load, until the reader moves. */
let pinned = null;
const QUERY = /@media \(prefers-color-scheme:\s*dark\)/g;

/* A frame asks the system for its colours; here the page decides, so both can be seen side by side. */
function inScheme(html, scheme) {
  const chosen = `<style>:root{color-scheme:${scheme} !important}</style><base target="_blank">`;
  return html.replace(QUERY, scheme === "dark" ? "@media all" : "@media not all").replace("</head>", chosen + "</head>");
}

function makeFrame(id, width, scheme) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = `${width.name}, ${width.pixels} px, ${scheme}`;
  const frame = document.createElement("iframe");
  frame.title = `${id}: ${caption.textContent}`;
  frame.style.width = `${width.pixels}px`;
  /* No scripts run in it; its own origin lets this page measure how long the mail is. */
  frame.sandbox = "allow-same-origin allow-popups";
  frame.addEventListener("load", () => {
    frame.style.height = `${frame.contentDocument.documentElement.scrollHeight}px`;
    if (pinned) pinned.scrollIntoView();
  });
  frame.srcdoc = inScheme(mails[id], scheme);
  figure.append(caption, frame);
  return figure;
}

function chosen(name) {
  return form.elements[name] ? form.elements[name].value : "";
}

function fill(article) {
  const frames = article.querySelector(".frames");
  if (!frames) return;
  const schemes = chosen("scheme") === "both" ? ["light", "dark"] : [chosen("scheme")];
  const shown = widths.filter((width) => !chosen("width") || Number(chosen("width")) === width.pixels);
  const wanted = JSON.stringify([schemes, shown]);
  if (frames.dataset.shown === wanted) return;
  frames.dataset.shown = wanted;
  frames.replaceChildren(...schemes.flatMap((scheme) => shown.map((width) => makeFrame(article.id, width, scheme))));
}

const near = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      near.add(entry.target);
      fill(entry.target);
    } else near.delete(entry.target);
  }
}, { rootMargin: "600px" });

function apply() {
  let count = 0;
  for (const article of articles) {
    const fits = ["template", "locale"].every((name) => !chosen(name) || chosen(name) === article.dataset[name]);
    article.hidden = !fits;
    count += fits;
    article.querySelector("details").open = form.elements.text.checked;
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector("article:not([hidden])");
  }
  document.querySelector("main > .empty").hidden = count > 0;
  document.querySelector(".count").textContent = `${count} ${count === 1 ? "mail" : "mails"}`;
  near.forEach(fill);
}

/* Links of the index lead to what a filter may hide. */
function reveal() {
  pinned = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (pinned && pinned.closest("[hidden]")) {
    for (const name of ["template", "locale"]) if (form.elements[name]) form.elements[name].value = "";
    apply();
    pinned.scrollIntoView();
  }
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", reveal);
for (const moved of ["wheel", "touchstart", "keydown", "pointerdown"]) {
  addEventListener(moved, () => { pinned = null; }, { passive: true });
}
apply();
reveal();
articles.forEach((article) => watcher.observe(article));
