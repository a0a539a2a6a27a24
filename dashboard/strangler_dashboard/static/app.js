// What a reader gains from a script: times in their zone, pages that follow the ledger, a button that copies.
// Everything reads without it. Nothing here makes markup of text: what comes is parsed as the page it is.
"use strict";

const root = document.documentElement;
const live = document.getElementById("live");
const sent = new WeakMap(); // an element that follows, and how the server last wrote it

// Times

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const pad = (number) => String(number).padStart(2, "0");

function local(moment, form) {
  const day = `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
  if (form === "day") return day;
  const minute = `${day} ${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
  return form === "second" ? `${minute}:${pad(moment.getSeconds())}` : minute;
}

function localise(within) {
  for (const each of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(each.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    each.title = `${each.dateTime.replace("T", " ").replace("Z", "")} UTC`;
    each.textContent = local(moment, each.dataset.form);
  }
}

// Copying

function offerCopies(within) {
  if (!navigator.clipboard) return;
  for (const button of within.querySelectorAll("button[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

// Theme: at once, and remembered by the server's cookie for the next page.

document.querySelector("form.theme").addEventListener("submit", (event) => {
  const chosen = event.submitter && event.submitter.value;
  if (!chosen) return;
  event.preventDefault();
  root.dataset.theme = chosen;
  for (const button of event.target.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
  fetch("/theme", { method: "POST", headers: { Accept: "application/json" }, body: `theme=${chosen}` });
});

// Following: the page is asked for again, and only parts that were written otherwise are put in the place of the old
// ones; what the reader opened stays open, where they are stays where it is, and what they are in is left alone.

const followed = () => document.querySelectorAll("[data-live][id]");
let tag = "";
let asking = false;
let again = false;

function take(part) {
  const now = document.getElementById(part.id);
  if (!now) return false;
  const text = part.outerHTML;
  if (sent.get(now) === text) return true;
  if (now.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return true;
  const focused = now.contains(document.activeElement) ? path(now, document.activeElement) : null;
  const open = [...now.querySelectorAll("details[open][id]")].map((each) => each.id);
  const scrolled = [...now.querySelectorAll(".scroll, details > .scroll")].map((each) => [each.scrollLeft, each.scrollTop]);
  const fresh = document.importNode(part, true);
  sent.set(fresh, text);
  localise(fresh);
  offerCopies(fresh);
  for (const id of open) {
    const same = fresh.querySelector(`#${CSS.escape(id)}`);
    if (same) same.open = true;
  }
  now.replaceWith(fresh);
  [...fresh.querySelectorAll(".scroll, details > .scroll")].forEach((each, place) => {
    if (scrolled[place]) [each.scrollLeft, each.scrollTop] = scrolled[place];
  });
  if (focused) at(fresh, focused)?.focus({ preventScroll: true });
  return true;
}

function path(from, to) {
  const steps = [];
  for (let each = to; each !== from; each = each.parentElement) {
    steps.unshift([...each.parentElement.children].indexOf(each));
  }
  return steps;
}

const at = (from, steps) => steps.reduce((each, step) => each && each.children[step], from);

function remember() {
  for (const each of followed()) sent.set(each, each.outerHTML);
}

async function refresh() {
  if (document.hidden || asking) { again = true; return; }
  asking = true;
  again = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", ...(tag && { "If-None-Match": tag }) }, cache: "no-store" });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag") || "";
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const parts = [...page.querySelectorAll("[data-live][id]")];
      if (document.querySelector(".problem") || parts.length !== followed().length || !parts.every(take)) location.reload();
    }
    say(answer.status === 200 || answer.status === 304);
  } catch {
    say(false);
  } finally {
    asking = false;
    if (again) setTimeout(refresh, 300);
  }
}

function say(well) {
  live.hidden = false;
  live.classList.toggle("on", well);
  live.classList.toggle("off", !well);
  live.querySelector("[data-live-words]").textContent = well ? `live, ${local(new Date(), "second").slice(11)}` : "not connected; trying again";
}

let events = null;
let due = 0;
let asked = 0;

function soon() {
  if (due) return; // one that is due shows everything that came before it
  due = setTimeout(() => { due = 0; asked = Date.now(); refresh(); }, Math.max(0, asked + 700 - Date.now()));
}

function follow() {
  events = new EventSource("/events");
  events.addEventListener("hello", () => { say(true); soon(); });
  events.addEventListener("changed", soon);
  events.addEventListener("quiet", soon);
  events.addEventListener("error", () => {
    say(false);
    if (events.readyState !== EventSource.CLOSED) return;
    // Refused: too many follow, or nobody is logged in any more. The page finds out which by asking for itself.
    soon();
    setTimeout(follow, 5000);
  });
}

remember();
localise(document);
offerCopies(document);
document.querySelector("[data-zone]").textContent = zone;
document.querySelector(".js-only").hidden = zone === "UTC";
document.addEventListener("visibilitychange", () => { if (!document.hidden && again) refresh(); });
addEventListener("pagehide", () => { if (events) events.close(); });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
if (followed().length && !document.querySelector(".problem")) follow();
else if (document.querySelector(".problem[data-again]")) setTimeout(() => location.reload(), 5000);
