// Goes from page to page in place: the server renders whole pages, and what differs is taken over.
import { morph } from "./morph.js";

let latest = 0;
let typing = 0;
const pressed = new Set(); // buttons whose answer has not come

async function fetched(url, options) {
  const response = await fetch(url, { headers: { accept: "text/html" }, ...options });
  if (!(response.headers.get("content-type") ?? "").startsWith("text/html")) throw new Error("no page");
  // What answers a form in place (it says what is wrong) has no address of its own.
  const shown = options && !response.redirected ? location.href : response.url;
  return { page: new DOMParser().parseFromString(await response.text(), "text/html"), url: shown };
}

function takeOver(page) {
  const before = document.querySelector(".reader")?.id;
  const main = page.getElementById("main");
  if (!main || !page.body.dataset.started) throw new Error("no page of the inbox");
  document.title = page.title;
  for (const [name, value] of Object.entries(page.body.dataset)) document.body.dataset[name] = value;
  morph(document.getElementById("main"), main);
  morph(document.querySelector(".top nav"), page.querySelector(".top nav"));
  morph(document.getElementById("counts"), page.getElementById("counts"));
  const reader = document.querySelector(".reader");
  if (reader && reader.id !== before) {
    reader.scrollTop = 0;
    if (matchMedia("(max-width: 899px)").matches) scrollTo(0, 0);
  }
}

/** Show the page at `url`; a failure is left to the browser, which says what is wrong. */
export async function go(url, { history: how = "push", options } = {}) {
  const mine = ++latest;
  try {
    const found = await fetched(url, options);
    if (mine !== latest) return;
    takeOver(found.page);
    refill();
    // A fragment is not part of what was answered.
    const hash = options ? "" : new URL(url, location.href).hash;
    const shown = found.url.replace(/#.*/, "") + hash;
    if (how === "push" && shown !== location.href) history.pushState(null, "", shown);
    if (how === "replace") history.replaceState(null, "", shown);
    document.dispatchEvent(new CustomEvent("inbox:shown"));
  } catch {
    if (mine === latest && !options) location.assign(url);
    else if (options) location.reload();
  }
}

// Fields that somebody has written in keep what was written: here they follow the address.
function refill() {
  for (const field of document.querySelector("form.search")?.elements ?? []) {
    if (field === document.activeElement || field.type === "submit") continue;
    if (field.options) field.value = [...field.options].find((each) => each.defaultSelected)?.value ?? "";
    else field.value = field.defaultValue;
  }
}

/** Ask for this very page again. Answers it, for the caller to take over what it wants, or null. */
export async function again() {
  const mine = latest;
  const where = location.href;
  try {
    const found = await fetched(where);
    return mine === latest && where === location.href ? found.page : null;
  } catch {
    return null;
  }
}

export { takeOver };

function plainClick(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

export function start() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-go]");
    if (!link || event.defaultPrevented || !plainClick(event)) return;
    event.preventDefault();
    go(link.href);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.matches("[data-go]")) {
      event.preventDefault();
      clearTimeout(typing);
      search(form, "push");
    } else if (form.matches("[data-do]")) {
      event.preventDefault();
      const button = event.submitter ?? form;
      if (pressed.has(button)) return; // a double click is one
      pressed.add(button);
      const body = new URLSearchParams(new FormData(form, event.submitter));
      go(form.action, { history: "replace", options: { method: "POST", body } }).finally(() => pressed.delete(button));
    }
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.matches("form.search")) return;
    clearTimeout(typing);
    typing = setTimeout(() => search(form, "replace"), event.target.matches("select") ? 0 : 250);
  });
  addEventListener("popstate", () => go(location.href, { history: "keep" }));
}

function search(form, how) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const url = new URL(form.action, location.href);
  url.search = query;
  go(url.href, { history: how });
}
