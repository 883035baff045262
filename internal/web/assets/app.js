// Betters the pages; every one of them works without it.
"use strict";

(function () {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  // A form is sent once, however often its button is pressed. The button is
  // closed only after the browser has gathered the fields, so that its own
  // name and value go along.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => {
      for (const button of form.querySelectorAll("button[type=submit]")) {
        button.disabled = true;
        button.dataset.closed = "yes";
      }
    }, 0);
  });
  // Coming back with the browser's button finds the form usable.
  window.addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("button[data-closed]")) {
      button.disabled = false;
      delete button.dataset.closed;
    }
  });

  // Show and hide a password. It is hidden again before it is sent, so that
  // the browser does not keep it as ordinary text.
  for (const button of all("[data-reveal]")) {
    const field = document.getElementById(button.dataset.reveal);
    if (!field) continue;
    const reveal = (shown) => {
      field.type = shown ? "text" : "password";
      button.textContent = shown ? button.dataset.hide : button.dataset.show;
    };
    button.addEventListener("click", () => {
      reveal(field.type === "password");
      field.focus();
    });
    if (field.form) field.form.addEventListener("submit", () => { field.type = "password"; });
    button.hidden = false;
  }

  // The strength of a new password, as the server sees it.
  for (const field of all("[data-strength]")) {
    const place = document.getElementById(field.dataset.strength);
    const meter = place && place.querySelector("meter");
    const said = place && place.querySelector("p");
    if (!meter || !said) continue;
    let waiting = 0;
    let asked = 0;
    const ask = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch("/password/strength", {
          method: "POST",
          body: new URLSearchParams({ password: field.value }),
          credentials: "same-origin",
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const strength = await answer.json();
        if (mine !== asked) return;
        meter.value = strength.score;
        said.textContent = strength.words;
        place.hidden = false;
      } catch {
        if (mine === asked) place.hidden = true;
      }
    };
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      if (field.value === "") {
        asked++;
        place.hidden = true;
        return;
      }
      waiting = setTimeout(ask, 300);
    });
  }

  // Copy what an element holds, a list one item to the line.
  for (const button of all("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    const words = button.textContent;
    const live = document.createElement("span");
    live.className = "heard";
    live.setAttribute("role", "status");
    button.after(live);
    button.addEventListener("click", async () => {
      const items = Array.from(source.querySelectorAll("li"), (item) => item.textContent.trim());
      try {
        await navigator.clipboard.writeText(items.length ? items.join("\n") : source.textContent.trim());
      } catch {
        select(source);
        return;
      }
      button.textContent = button.dataset.done;
      live.textContent = button.dataset.done;
      setTimeout(() => {
        button.textContent = words;
        live.textContent = "";
      }, 2500);
    });
    button.hidden = false;
  }

  // Ask how something stands, and show the page anew once it stands otherwise.
  for (const element of all("[data-poll]")) {
    const ask = async () => {
      try {
        const answer = await fetch(element.dataset.poll, { credentials: "same-origin", cache: "no-store" });
        if (answer.ok && (await answer.json()).state !== element.dataset.state) {
          location.reload();
          return;
        }
      } catch {
        // The next try may reach the server.
      }
      setTimeout(ask, 2500);
    };
    setTimeout(ask, 2500);
  }
  for (const form of all("form[data-send-now]")) form.requestSubmit();

  for (const button of all("[data-print]")) {
    button.addEventListener("click", () => window.print());
    button.hidden = false;
  }

  // A click on a key or a code selects the whole of it.
  for (const element of all(".key code, .codes code, .demo-password code, .big")) {
    element.addEventListener("click", () => {
      if (String(window.getSelection()) === "") select(element);
    });
  }

  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  // Count seconds down, and say when they are over.
  const unit = (name) => new Intl.NumberFormat(root.lang, { style: "unit", unit: name, unitDisplay: "long" });
  const seconds = unit("second");
  const minutes = unit("minute");
  const hours = unit("hour");
  const days = unit("day");
  const spell = (n) => {
    if (n < 120) return seconds.format(n);
    if (n < 7200) return minutes.format(Math.ceil(n / 60));
    if (n < 172800) return hours.format(Math.ceil(n / 3600));
    return days.format(Math.ceil(n / 86400));
  };
  const loaded = performance.now();
  const clocks = all("[data-seconds]").map((element) => ({ element, from: Number(element.dataset.seconds) }));
  const tick = () => {
    const passed = (performance.now() - loaded) / 1000;
    let running = false;
    for (const clock of clocks) {
      const left = Math.ceil(clock.from - passed);
      const { before, over } = clock.element.dataset;
      if (left > 0) {
        running = true;
        clock.element.textContent = (before ? before + " " : "") + spell(left);
      } else if (over) {
        clock.element.textContent = over;
      }
    }
    if (running) setTimeout(tick, 1000);
  };
  if (clocks.length) tick();

  // A list follows its search while one types. The form's data-live names the
  // element that holds the list; the page at the form's new path has the next one.
  for (const form of all("form[data-live]")) {
    const parts = [form.dataset.live, form.dataset.live + "-tally"];
    let waiting = 0;
    let asking = null;
    const path = () => {
      const fields = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (value !== "") fields.append(name, value);
      return form.getAttribute("action") + (fields.size ? "?" + fields : "");
    };
    const follow = async () => {
      clearTimeout(waiting);
      if (asking) asking.abort();
      asking = new AbortController();
      const to = path();
      const list = document.getElementById(parts[0]);
      list.classList.add("waits");
      try {
        const answer = await fetch(to, { credentials: "same-origin", signal: asking.signal });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const found = parts.map((id) => page.getElementById(id));
        // The session may have ended, or the server be busy: then the page says so.
        if (!answer.ok || found.includes(null)) throw new Error(String(answer.status));
        parts.forEach((id, i) => document.getElementById(id).replaceChildren(...found[i].childNodes));
        list.classList.remove("waits");
        history.replaceState(null, "", to);
        for (const next of all("input[name=next]")) next.value = to;
      } catch (fault) {
        if (fault.name !== "AbortError") location.assign(to);
      }
    };
    form.addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(follow, event.target.tagName === "SELECT" ? 0 : 200);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      follow();
    });
  }

  // The menu closes with Escape, and when the page is used elsewhere.
  for (const menu of all("details.menu")) {
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
    document.addEventListener("click", (event) => {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
  }
})();
