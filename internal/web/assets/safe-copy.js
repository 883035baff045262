// The page /safe-copy: leads from the photo to a safe copy of it. The work is done
// by a worker on this device; no request carries the picture.
"use strict";

(() => {
  const copier = document.getElementById("copier");
  if (!copier) return;
  const get = (id) => document.getElementById(id);
  get("by-hand").open = false; // without this script it is what there is
  const words = {};
  for (const p of get("copier-words").content.children) words[p.dataset.id] = p.textContent;
  const say = (id, blanks) => (words[id] || "").replace(/\{(\w+)\}/g, (whole, name) => (blanks && name in blanks ? blanks[name] : whole));

  // tell says something to whoever listens to a screen reader.
  const said = get("copier-said");
  const tell = (text) => { said.textContent = text; };

  // ---- The worker ----

  let worker = null;
  let asked = 0;
  const waiting = new Map();

  const ask = (step, given, now) => new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject, now });
    worker.postMessage({ id: asked, step, given });
  });

  // stop ends the worker and what waits for it.
  const stop = (why) => {
    worker.terminate();
    for (const { reject } of waiting.values()) reject(why);
    waiting.clear();
  };

  // start begins a worker. One that ends by itself, as where memory runs out, is
  // begun anew.
  const start = () => {
    worker = new Worker(copier.dataset.worker);
    worker.addEventListener("message", ({ data }) => {
      const wait = waiting.get(data.id);
      if (!wait) return;
      if (data.now) {
        if (wait.now) wait.now(data.now);
        return;
      }
      waiting.delete(data.id);
      if ("answer" in data) wait.resolve(data.answer);
      else wait.reject(new Error(data.failed));
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      stop(new Error(event.message || "the worker ended"));
      if (copier.dataset.state === "ready") {
        copier.dataset.state = "loading";
        loaded = load();
        loaded.catch(() => {}); // said by load
      }
    });
    return ask("begin", { starter: copier.dataset.starter, address: copier.dataset.program });
  };

  const load = () => start().then(
    () => {
      copier.dataset.state = "ready";
      get("copier-state").textContent = words.ready;
      tell(words.ready);
    },
    (fault) => {
      copier.dataset.state = "failed";
      stop(fault);
      get("copier-state").textContent = words["load-failed"];
      tell(words["load-failed"]);
      throw fault;
    },
  );
  let loaded = load();
  loaded.catch(() => {}); // said above

  // ---- What is shown ----

  const parts = ["begin", "busy", "work", "result"];
  const show = (part) => {
    for (const p of parts) get("copier-" + p).hidden = p !== part;
    copier.dataset.shows = part;
  };
  const busy = (step) => {
    get("copier-step").textContent = words[step];
    tell(words[step]);
    show("busy");
  };
  const fault = (name) => {
    const place = get("copier-fault");
    place.hidden = !name;
    place.querySelector("p").textContent = name ? words["fault." + name] || words["fault.failed"] : "";
  };
  const list = (place, lines) => {
    place.replaceChildren(...lines.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  };
  // sentence is what a code of the program says.
  const sentence = (kind, { code, args }) => say(kind + "." + code, { A: args && args[0] }) || say(kind + ".other");

  // ---- The boxes ----

  const stage = get("stage");
  const canvas = stage.querySelector("canvas");
  const tools = { new: get("tool-new"), delete: get("tool-delete"), undo: get("tool-undo"), redo: get("tool-redo"), in: get("tool-in"), out: get("tool-out") };
  const boxes = new window.safeCopy.Boxes(stage, {
    tell,
    name: say,
    changed() {},
    chosen() {
      tools.delete.disabled = boxes.now < 0;
      tools.undo.disabled = !boxes.past.length;
      tools.redo.disabled = !boxes.future.length;
      tools.in.disabled = boxes.zoom >= 6;
      tools.out.disabled = boxes.zoom <= 1;
      get("f-cover").checked = boxes.list.some((b) => b.what === "portrait");
    },
  });
  tools.new.addEventListener("click", () => boxes.addHere());
  tools.delete.addEventListener("click", () => boxes.remove(boxes.now));
  tools.undo.addEventListener("click", () => boxes.undo());
  tools.redo.addEventListener("click", () => boxes.redo());
  tools.in.addEventListener("click", () => boxes.zoomTo(boxes.zoom * 1.5));
  tools.out.addEventListener("click", () => boxes.zoomTo(boxes.zoom / 1.5));

  // ---- The photo ----

  let portrait = []; // boxes over the photo of the holder, covered only when asked
  let fileName = "";

  const open = async (file) => {
    if (!file || !["begin", "work", "result"].includes(copier.dataset.shows || "begin")) return;
    fault("");
    const began = performance.now();
    busy(copier.dataset.state === "ready" ? "opening" : "loading");
    let found;
    try {
      await loaded;
      found = await ask("open", { file }, busy);
    } catch {
      found = { fault: "failed" };
    }
    if (found.fault) {
      fault(found.fault);
      show("begin");
      return;
    }
    fileName = file.name || "";
    portrait = found.boxes.filter((b) => b.what === "portrait");
    show("work");
    boxes.begin(found.width, found.height, found.boxes.filter((b) => b.what !== "portrait"));
    copier.dataset.took = String(Math.round(performance.now() - began));
    copier.dataset.steps = found.took.join(" "); // decoding, drawing smaller, searching
    // The photo of the holder was looked for in case someone covers it.
    const lines = found.notes.filter((n) => !n.code.endsWith("portrait")).map((n) => sentence("note", n));
    list(get("copier-found"), lines);
    get("copier-found").hidden = !lines.length;
    tell(lines.join(" "));
    get("copier-boxes").focus();
    look();
  };

  for (const id of ["f-file", "f-camera"]) {
    get(id).addEventListener("change", (event) => {
      open(event.target.files[0]);
      event.target.value = "";
    });
  }
  const drop = get("drop");
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("drop-over", drop.contains(event.target));
    });
  }
  document.addEventListener("dragleave", () => drop.classList.remove("drop-over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("drop-over");
    open(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file) open(file);
  });

  get("f-cover").addEventListener("change", (event) => {
    if (!event.target.checked) {
      const at = boxes.list.findIndex((b) => b.what === "portrait");
      if (at >= 0) boxes.remove(at);
    } else if (portrait.length) {
      boxes.addAll(portrait);
    } else {
      event.target.checked = false;
      tell(words["no-portrait"]);
      list(get("copier-found"), [...Array.from(get("copier-found").children, (li) => li.textContent).filter((t) => t !== words["no-portrait"]), words["no-portrait"]]);
    }
  });

  // ---- The words on it ----

  const fields = { for: get("f-for"), purpose: get("f-purpose"), date: get("f-date") };
  const mark = () => ({
    for: fields.for.value.trim(), purpose: fields.purpose.value.trim(), date: fields.date.value,
    case: (get("copier-case") || { textContent: "" }).textContent,
  });

  // look draws the picture with the mark as the copy will have it. One look is
  // under way at most, and the last words typed are always shown.
  let looking = false;
  let stale = false;
  const look = async () => {
    stale = true;
    if (looking) return;
    looking = true;
    try {
      while (stale) {
        stale = false;
        const { image, fault: wrong } = await ask("look", { mark: mark() });
        if (wrong) break;
        canvas.width = image.width;
        canvas.height = image.height;
        canvas.getContext("2d").putImageData(image, 0, 0);
        copier.dataset.looked = JSON.stringify(mark());
        boxes.size();
      }
    } catch {
      // What is wrong shows when the copy is made.
    } finally {
      looking = false;
    }
  };
  let typing = 0;
  for (const field of Object.values(fields)) {
    field.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(look, 250);
    });
  }

  const complete = () => {
    let first = null;
    for (const name of ["for", "date"]) {
      const missing = !fields[name].value.trim();
      get(`f-${name}-problem`).hidden = !missing;
      if (missing) {
        fields[name].setAttribute("aria-invalid", "true");
        first = first || fields[name];
      } else {
        fields[name].removeAttribute("aria-invalid");
      }
    }
    if (first) first.focus();
    return !first;
  };

  // ---- The copy ----

  const download = get("copier-download");
  const shown = get("copier-copy");
  let address = "";
  const coverable = ["number-line-open", "field-not-solid", "printed-open", "digits-open", "code-open", "other-digits", "other-line", "second-read"];
  let places = []; // boxes over what the verdict is about

  get("copier-make").addEventListener("click", async () => {
    if (!complete()) return;
    fault("");
    const began = performance.now();
    busy("making");
    let copy;
    try {
      await loaded;
      copy = await ask("make", { boxes: boxes.quads(), mark: mark() }, busy);
    } catch {
      copy = { fault: "failed" };
    }
    if (copy.fault) {
      fault(copy.fault);
      show("work");
      return;
    }
    present(copy);
    copier.dataset.made = String(Math.round(performance.now() - began));
  });

  const present = (copy) => {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(copy.file);
    shown.src = address;
    const verdict = get("copier-answer");
    verdict.className = "verdict verdict-" + copy.answer;
    const [head, how] = verdict.querySelectorAll("p");
    head.textContent = words["verdict." + copy.answer];
    how.textContent = words[`verdict.${copy.answer}.how`];
    list(get("copier-reasons"), Array.from(new Set(copy.reasons.map((r) => sentence("reason", r)))));
    places = copy.reasons.filter((r) => r.quad && coverable.includes(r.code)).map((r) => ({ quad: r.quad, what: "drawn" }));
    get("copier-cover").hidden = !places.length;
    download.hidden = copy.answer === "unsafe";
    download.textContent = words[copy.answer === "safe" ? "download" : "download-anyway"];
    download.className = copy.answer === "safe" ? "button" : "button button-second";
    download.href = address;
    download.download = `${words.file}${fileName ? "-" + fileName.replace(/\.[^.]*$/, "").slice(0, 40) : ""}.jpg`;
    outline(copy);
    show("result");
    tell(`${head.textContent} ${how.textContent}`);
    get("copier-verdict").focus();
  };

  // outline shows on the copy which places the verdict is about.
  const outline = (copy) => {
    const sheet = shown.parentElement;
    for (const old of sheet.querySelectorAll(".spot")) old.remove();
    for (const { quad } of places) {
      const spot = document.createElement("span");
      spot.className = "spot";
      const xs = quad.map(([x]) => (100 * x) / copy.width);
      const ys = quad.map(([, y]) => (100 * y) / copy.height);
      spot.style.left = Math.min(...xs) + "%";
      spot.style.top = Math.min(...ys) + "%";
      spot.style.width = Math.max(...xs) - Math.min(...xs) + "%";
      spot.style.height = Math.max(...ys) - Math.min(...ys) + "%";
      sheet.append(spot);
    }
  };

  const back = () => {
    show("work");
    boxes.size();
    get("copier-boxes").focus();
  };
  get("copier-change").addEventListener("click", back);
  get("copier-cover").addEventListener("click", () => {
    back();
    boxes.addAll(places);
  });
  const again = () => {
    show("begin");
    get("f-file").focus();
  };
  get("copier-other").addEventListener("click", again);
  get("copier-another").addEventListener("click", again);
})();
