// The keyboard: single keys, unless the reader is writing or has switched them off.
import { go } from "./go.js";

const OFF = "postroad-single-keys";
const help = document.getElementById("help");

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Storage is switched off: it holds until the page is left.
  }
}

const rows = () => [...document.querySelectorAll("a[data-row]")];
const isOpen = () => Boolean(document.querySelector("a[data-back]"));
const sideBySide = () => matchMedia("(min-width: 900px)").matches;

function step(by) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement);
  const from = here >= 0 ? here : all.findIndex((each) => each.getAttribute("aria-current"));
  const next = all[from < 0 ? 0 : Math.min(all.length - 1, Math.max(0, from + by))];
  if (isOpen() && !sideBySide()) return void go(next.href);
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  if (isOpen()) go(next.href, { history: "replace" });
}

function leave() {
  const back = document.querySelector("a[data-back]");
  if (back) go(back.href);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.getElementById("q")?.focus(),
  "?": () => help.showModal(),
  Escape: leave,
};

function onKey(event) {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || help.open) return;
  const field = event.target.closest?.("input, select, textarea");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (event.key.length === 1 && stored(OFF) === "off") return;
  const tab = /^[1-9]$/.test(event.key) && document.querySelector(`a[data-tab="${event.key}"]`);
  // Arrows scroll a reader's text; in the list they go from row to row.
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (tab) tab.click();
  else if (arrow && (event.target === document.body || event.target.closest("#list"))) step(arrow);
  else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
}

const THEMES = { "": ["◐", "Theme: as the system"], light: ["☀", "Theme: light"], dark: ["☾", "Theme: dark"] };

function themeButton() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const show = () => {
    const [sign, words] = THEMES[root.dataset.theme ?? ""];
    button.textContent = sign;
    button.setAttribute("aria-label", words);
    button.title = words;
  };
  button.addEventListener("click", () => {
    const next = { undefined: "dark", dark: "light", light: undefined }[root.dataset.theme];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    store("postroad-theme", next ?? null);
    show();
  });
  button.hidden = false;
  show();
}

export function start() {
  document.addEventListener("keydown", onKey);
  themeButton();
  const button = document.getElementById("help-button");
  button.addEventListener("click", () => help.showModal());
  button.hidden = false;
  const single = document.getElementById("single-keys");
  single.checked = stored(OFF) !== "off";
  single.addEventListener("change", () => store(OFF, single.checked ? null : "off"));
}
