// Betters the page of a case: what is said appears by itself, what is written stays
// until it has arrived. Everything works without it.
"use strict";

(function () {
  const talk = document.querySelector("[data-talk]");
  if (!talk) return;
  const base = talk.dataset.talk;
  const list = talk.querySelector(".lines");
  const away = talk.querySelector(".line-away");
  const form = talk.querySelector("[data-say]");
  const kept = "sparekey-say " + base;
  let last = Number(talk.dataset.last);
  let asking = null;

  // Ask for what was said since, and show each entry once.
  function ask() {
    if (!asking) asking = fetchTalk().finally(() => { asking = null; });
    return asking;
  }
  async function fetchTalk() {
    const answer = await fetch(base + "/talk?after=" + last, { credentials: "same-origin", cache: "no-store" });
    if (answer.status === 404) {
      // The password is asked once more.
      stream.close();
      clearInterval(beat);
      again();
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ol");
    if (!part) throw new Error("no talk");
    const low = nearEnd();
    for (const item of Array.from(part.children)) {
      if (document.getElementById(item.id)) continue;
      list.append(document.importNode(item, true));
    }
    last = Math.max(last, Number(part.dataset.last));
    marks(Number(part.dataset.delivered), Number(part.dataset.read));
    if (low) list.scrollTop = list.scrollHeight;
    see();
    if (part.dataset.state !== talk.dataset.state) again();
    connected(true);
  }
  // A page that is being left is not shown anew.
  let leaving = false;
  document.addEventListener("submit", (event) => { if (!event.defaultPrevented) leaving = true; });
  window.addEventListener("beforeunload", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });
  const again = () => { if (!leaving && !writing()) location.reload(); };
  const nearEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const writing = () => form && (form.text.value.trim() !== "" || pending().length > 0);

  function marks(delivered, read) {
    for (const item of list.querySelectorAll(".line-mine[data-seq] [data-mark]")) {
      const seq = Number(item.closest("[data-seq]").dataset.seq);
      item.textContent = seq <= read ? talk.dataset.read : seq <= delivered ? talk.dataset.delivered : talk.dataset.sent;
    }
  }

  // Say how far this side has had it, and read it while the page is looked at.
  let seen = "";
  function see() {
    const read = document.visibilityState === "visible" ? last : 0;
    const now = last + " " + read;
    if (now === seen || last === 0) return;
    seen = now;
    send("/seen", { delivered: last, read: read }).catch(() => { seen = ""; });
  }
  document.addEventListener("visibilitychange", see);

  async function send(path, fields) {
    const answer = await fetch(base + path, {
      method: "POST", body: new URLSearchParams(fields), credentials: "same-origin", headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      const error = new Error(String(answer.status));
      error.refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      throw error;
    }
  }

  function connected(yes) {
    away.hidden = yes;
    away.textContent = yes ? "" : talk.dataset.away;
  }

  // What was written waits here until the server has it. Sent twice it is there once.
  const pending = () => { try { return JSON.parse(sessionStorage.getItem(kept)) || []; } catch { return []; } };
  const keep = (items) => { try { sessionStorage.setItem(kept, JSON.stringify(items)); } catch { /* it is in the page */ } };
  function show(item) {
    const line = document.createElement("li");
    line.className = "line line-mine line-waiting";
    line.dataset.once = item.once;
    const text = document.createElement("p");
    text.className = "line-text";
    text.textContent = item.text;
    const mark = document.createElement("p");
    mark.className = "line-mark";
    mark.textContent = talk.dataset.sending;
    line.append(text, mark);
    list.append(line);
    list.scrollTop = list.scrollHeight;
  }
  const shown = (once) => list.querySelector('[data-once="' + once + '"]');

  let flushing = false;
  async function flush() {
    if (flushing) return;
    flushing = true;
    try {
      for (let items = pending(); items.length > 0; items = pending()) {
        const item = items[0];
        if (!shown(item.once)) show(item);
        try {
          await send("/" + form.getAttribute("action").split("/").pop(), { text: item.text, once: item.once });
        } catch (error) {
          const line = shown(item.once);
          if (error.refused) {
            // The page says why: it is sent as a form.
            keep(items.slice(1));
            line.remove();
            form.text.value = item.text;
            form.removeAttribute("data-say");
            form.submit();
            return;
          }
          line.querySelector(".line-mark").textContent = talk.dataset.failed;
          connected(false);
          setTimeout(flush, 2000);
          return;
        }
        keep(pending().filter((p) => p.once !== item.once));
        await ask().catch(() => {});
        const line = shown(item.once);
        if (line) line.remove();
      }
    } finally {
      flushing = false;
    }
  }

  if (form) {
    form.addEventListener("submit", (event) => {
      if (!form.hasAttribute("data-say")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const text = form.text.value.trim();
      if (text === "") {
        form.text.focus();
        return;
      }
      const item = { text: text, once: Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("") };
      keep(pending().concat(item));
      show(item);
      form.text.value = "";
      form.text.focus();
      flush();
    }, true);
    form.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    flush();
  }

  // The server tells that something has changed; without it the page asks by itself.
  const stream = new EventSource(base + "/events");
  stream.addEventListener("stir", () => ask().catch(() => connected(false)));
  stream.onerror = () => ask().catch(() => connected(false));
  window.addEventListener("online", () => { ask().catch(() => {}); if (form) flush(); });
  const beat = setInterval(() => ask().catch(() => connected(false)), 20000);
  list.scrollTop = list.scrollHeight;
  see();

  // Files by drop and paste go to the thing that is asked for.
  for (const bring of document.querySelectorAll("[data-bring]")) {
    const field = bring.querySelector("input[type=file]");
    const take = (files) => {
      if (!files || files.length === 0) return false;
      field.files = files;
      bring.requestSubmit();
      return true;
    };
    field.addEventListener("change", () => { if (field.files.length > 0) bring.requestSubmit(); });
    const place = bring.closest("li") || bring;
    place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      take(event.dataTransfer.files);
    });
    place.addEventListener("paste", (event) => { if (take(event.clipboardData.files)) event.preventDefault(); });
  }
})();
