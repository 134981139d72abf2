// Live updates: the server says that something has changed, and the page asks for itself again.
import { morph } from "./morph.js";
import { again, takeOver } from "./go.js";

const SOONEST = 700; // milliseconds between two looks, and more where a look takes long
const RECORDS_FOLLOW = 2500; // Postroad's own record of a mail follows SES's events by about this

let source = null;
let watching = "";
let version = "";
let accepted = Number(document.body.dataset.accepted || 0);
let seenTotal = null;
let nextLook = 0;
let timer = 0;
let follow = 0;

const indicator = document.getElementById("live");

function show(connected) {
  indicator.hidden = !document.body.dataset.watch;
  indicator.classList.toggle("waiting", !connected);
  indicator.querySelector(".words").textContent = connected ? "Live" : "Reconnecting";
}

function announce(text) {
  document.getElementById("announcer").textContent = text;
}

const heldBack = () => document.getElementById("list")?.hasAttribute("data-hold");

function offerNews(page) {
  const now = Number(page.getElementById("list")?.dataset.total ?? 0);
  seenTotal ??= Number(document.getElementById("list")?.dataset.total ?? 0);
  const news = document.getElementById("news");
  if (!news || now <= seenTotal) return;
  const words = `Show ${now - seenTotal} new`;
  if (news.textContent !== words) announce(`${now - seenTotal} new`);
  news.textContent = words;
  news.href = page.getElementById("news").href;
  news.hidden = false;
}

// The reader is elsewhere in the list, or filters it: rows change in place, and none comes or goes.
function updateInPlace(page) {
  offerNews(page);
  for (const row of document.querySelectorAll("#list li[id]")) {
    const newer = page.getElementById(row.id);
    if (newer) morph(row, newer);
  }
  const [mine, theirs] = [document.querySelector(".reader"), page.querySelector(".reader")];
  if (mine && theirs && mine.id === theirs.id) morph(mine, theirs);
  for (const [name, value] of Object.entries(page.body.dataset)) document.body.dataset[name] = value;
  morph(document.getElementById("counts"), page.getElementById("counts"));
}

async function look() {
  const began = Date.now();
  nextLook = began + SOONEST;
  const page = await again();
  nextLook = Math.max(nextLook, Date.now() + 4 * (Date.now() - began));
  if (!page) return;
  if (!page.getElementById("main")) return location.reload();
  if (heldBack()) updateInPlace(page);
  else takeOver(page);
}

function lookSoon() {
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(0, nextLook - Date.now()));
  clearTimeout(follow);
  follow = setTimeout(look, RECORDS_FOLLOW);
}

function heard(event) {
  show(true);
  const said = JSON.parse(event.data);
  const isNew = said.accepted - accepted;
  accepted = said.accepted;
  if (document.body.dataset.watch === "inbox" && isNew > 0 && !heldBack()) {
    announce(isNew === 1 && said.newest ? `New mail: ${said.newest.subject}, to ${said.newest.to}` : `${isNew} new mails`);
  }
  const known = version || `${document.body.dataset.started} ${document.body.dataset.changes}`;
  const heardOf = `${said.started} ${said.changes}`;
  const whole = `${heardOf} ${said.record}`;
  // The first word of a connection tells what the page shows already, unless it missed something.
  if (version ? whole !== version : heardOf !== known) lookSoon();
  version = whole;
}

function open() {
  const watch = document.body.dataset.watch;
  if (source && watch === watching && source.readyState !== EventSource.CLOSED) return;
  close();
  watching = watch;
  if (!watch || document.visibilityState === "hidden") return;
  version = "";
  source = new EventSource(`/live?watch=${watch}`);
  source.addEventListener("version", heard);
  source.addEventListener("open", () => show(true));
  source.addEventListener("error", () => {
    show(false);
    // A server that answers with an error ends it for the browser; ours may be starting.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000);
  });
}

function close() {
  source?.close();
  source = null;
  watching = "";
}

export function start() {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") close();
    else open();
  });
  document.addEventListener("inbox:shown", () => {
    seenTotal = null;
    document.getElementById("news")?.setAttribute("hidden", "");
    open();
  });
  addEventListener("pagehide", close);
  open();
}
