// The black boxes on a picture, which a person moves, resizes, adds and deletes
// by mouse, touch and keyboard. A box is a rectangle in pixels of the picture,
// turned by an angle about its middle.
"use strict";

window.safeCopy = window.safeCopy || {};

window.safeCopy.Boxes = class {
  // stage holds .stage-in with a canvas; tell says a sentence to whoever listens;
  // name returns the words of an id with its blanks filled; changed is called
  // after every change.
  constructor(stage, { tell, name, changed, chosen }) {
    Object.assign(this, { stage, tell, name, changed, chosen });
    this.inner = stage.querySelector(".stage-in");
    this.list = [];
    this.past = [];
    this.future = [];
    this.now = -1;
    this.zoom = 1;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("keydown", (event) => this.key(event));
    stage.addEventListener("focusin", (event) => {
      const at = this.elements().indexOf(event.target);
      if (at >= 0) this.choose(at);
    });
    new ResizeObserver(() => this.place()).observe(this.inner);
  }

  // begin shows no boxes but these on a picture of that many pixels.
  begin(width, height, quads) {
    Object.assign(this, { width, height, past: [], future: [], now: -1, zoom: 1 });
    this.list = quads.map((q) => this.enclose(q));
    this.draw();
    this.size();
  }

  // enclose makes the smallest box around a quad that lies as its top side does.
  enclose({ quad, what }) {
    const angle = Math.atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0]);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const along = quad.map(([x, y]) => x * c + y * s);
    const across = quad.map(([x, y]) => y * c - x * s);
    const [u0, u1, v0, v1] = [Math.min(...along), Math.max(...along), Math.min(...across), Math.max(...across)];
    const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
    return { x: u * c - v * s, y: u * s + v * c, w: u1 - u0, h: v1 - v0, angle, what };
  }

  // quads returns the boxes by their corners: top left, top right, bottom right,
  // bottom left as the box lies.
  quads() {
    return this.list.map((b) => ({
      what: b.what,
      quad: [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => this.at(b, (u * b.w) / 2, (v * b.h) / 2)),
    }));
  }

  // at is the point of the picture that lies so far from the middle of a box,
  // along it and across.
  at(b, u, v) {
    const [c, s] = [Math.cos(b.angle), Math.sin(b.angle)];
    return [b.x + u * c - v * s, b.y + u * s + v * c];
  }

  elements() { return Array.from(this.inner.querySelectorAll(".cover[tabindex]")); }

  // draw makes an element for each box anew.
  draw() {
    for (const old of this.elements()) old.remove();
    for (const b of this.list) {
      const box = document.createElement("div");
      box.className = "cover";
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-roledescription", this.name("box"));
      for (let i = 0; i < 4; i++) box.append(document.createElement("i"));
      this.inner.append(box);
    }
    this.place();
    this.choose(Math.min(this.now, this.list.length - 1));
  }

  // place puts every element where its box is.
  place() {
    if (!this.width) return;
    const scale = this.inner.clientWidth / this.width;
    this.elements().forEach((box, i) => {
      const b = this.list[i];
      box.style.width = b.w * scale + "px";
      box.style.height = b.h * scale + "px";
      box.style.transform = `translate(${(b.x - b.w / 2) * scale}px, ${(b.y - b.h / 2) * scale}px) rotate(${b.angle}rad)`;
      box.setAttribute("aria-label", this.name("box.name", { N: i + 1, Of: this.list.length, What: this.name("what." + b.what) }) +
        ". " + this.where(b));
    });
  }

  // where says in words where a box is.
  where(b) {
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => this.at(b, (u * b.w) / 2, (v * b.h) / 2));
    const xs = corners.map(([x]) => (100 * x) / this.width);
    const ys = corners.map(([, y]) => (100 * y) / this.height);
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    const whole = (n) => Math.round(Math.max(0, n));
    return this.name("box.place", { X: whole(x), Y: whole(y), W: whole(Math.max(...xs) - x), H: whole(Math.max(...ys) - y) });
  }

  choose(i) {
    this.now = i;
    this.elements().forEach((box, j) => box.classList.toggle("cover-now", i === j));
    this.chosen();
  }

  // keep remembers how things were before a change.
  keep() {
    this.past.push(this.list.map((b) => ({ ...b })));
    if (this.past.length > 200) this.past.shift();
    this.future = [];
  }

  done(said) {
    this.place();
    this.changed();
    this.chosen();
    if (said) this.tell(said);
  }

  add(box) {
    this.keep();
    this.list.push(box);
    this.now = this.list.length - 1;
    this.draw();
    this.elements()[this.now].focus({ preventScroll: true });
    this.done(this.name("box.added"));
  }

  // addHere adds a box in the middle of what is in view.
  addHere() {
    const scale = this.width / this.inner.clientWidth;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.stage;
    const wide = Math.min(clientWidth, this.inner.clientWidth);
    const high = Math.min(clientHeight, this.inner.clientHeight);
    const like = this.list.find((b) => b.what !== "code");
    this.add({
      x: (scrollLeft + wide / 2) * scale, y: (scrollTop + high / 2) * scale,
      w: wide * 0.35 * scale, h: Math.max(high * 0.1, 24) * scale, angle: like ? like.angle : 0, what: "drawn",
    });
  }

  addAll(quads) {
    if (!quads.length) return;
    this.keep();
    for (const q of quads) this.list.push(this.enclose(q));
    this.draw();
    this.done();
  }

  remove(i) {
    if (!(i in this.list)) return;
    const held = this.inner.contains(document.activeElement);
    this.keep();
    this.list.splice(i, 1);
    this.now = Math.min(i, this.list.length - 1);
    this.draw();
    if (held) (this.elements()[this.now] || this.stage).focus({ preventScroll: true });
    this.done(this.name("box.removed", { Of: this.list.length }));
  }

  undo() { this.turn(this.past, this.future, "box.undone"); }
  redo() { this.turn(this.future, this.past, "box.redone"); }

  turn(from, to, said) {
    if (!from.length) return;
    const held = this.inner.contains(document.activeElement);
    to.push(this.list.map((b) => ({ ...b })));
    this.list = from.pop();
    this.draw();
    if (held) (this.elements()[this.now] || this.stage).focus({ preventScroll: true });
    this.done(this.name(said, { Of: this.list.length }));
  }

  // zoomTo shows the picture that many times as wide as the stage, and leaves the
  // middle of the view, or the chosen box, in the middle.
  zoomTo(zoom) {
    const { stage, inner } = this;
    let [x, y] = [(stage.scrollLeft + stage.clientWidth / 2) / inner.clientWidth, (stage.scrollTop + stage.clientHeight / 2) / inner.clientHeight];
    const b = this.list[this.now];
    if (b) [x, y] = [b.x / this.width, b.y / this.height];
    this.zoom = Math.min(6, Math.max(1, zoom));
    this.size();
    stage.scrollLeft = x * inner.clientWidth - stage.clientWidth / 2;
    stage.scrollTop = y * inner.clientHeight - stage.clientHeight / 2;
    this.chosen();
  }

  size() {
    // At zoom 1 the whole picture is in view.
    const high = parseFloat(getComputedStyle(this.stage).maxHeight) || Infinity;
    const fit = Math.min(1, (high * this.width) / (this.height * (this.stage.clientWidth || 1)));
    this.inner.style.width = 100 * fit * this.zoom + "%";
    this.place();
  }

  key(event) {
    const i = this.elements().indexOf(document.activeElement);
    const ctrl = event.ctrlKey || event.metaKey;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (ctrl && event.key.toLowerCase() === "z") event.shiftKey ? this.redo() : this.undo();
    else if (ctrl && event.key.toLowerCase() === "y") this.redo();
    else if (ctrl) return;
    else if (event.key.toLowerCase() === "n") this.addHere();
    else if (event.key === "+" || event.key === "=") this.zoomTo(this.zoom * 1.5);
    else if (event.key === "-") this.zoomTo(this.zoom / 1.5);
    else if (i >= 0 && (event.key === "Delete" || event.key === "Backspace")) this.remove(i);
    else if (i >= 0 && arrow) this.nudge(i, arrow, event);
    else return;
    event.preventDefault();
  }

  // nudge moves a box by an arrow key, or with Shift moves its right or lower side.
  nudge(i, [dx, dy], { shiftKey, altKey, repeat }) {
    if (!repeat) this.keep();
    const b = this.list[i];
    const step = ((altKey ? 1 : 6) * this.width) / this.inner.clientWidth;
    if (shiftKey) {
      // The side of the box that lies the way of the arrow.
      const [c, s] = [Math.cos(b.angle), Math.sin(b.angle)];
      const along = Math.abs(dx ? c : s) >= Math.SQRT1_2;
      const by = step * (dx + dy);
      const [ux, uy] = along ? [c, s] : [-s, c];
      const sign = (dx ? ux : uy) < 0 ? -1 : 1;
      const side = along ? "w" : "h";
      const grown = Math.max(step, b[side] + by);
      const moved = ((grown - b[side]) / 2) * sign;
      b[side] = grown;
      b.x += ux * moved;
      b.y += uy * moved;
    } else {
      b.x += dx * step;
      b.y += dy * step;
    }
    this.hold(b);
    this.elements()[i].scrollIntoView({ block: "nearest", inline: "nearest" });
    this.done(this.where(b));
  }

  // hold keeps the middle of a box on the picture.
  hold(b) {
    b.x = Math.min(this.width, Math.max(0, b.x));
    b.y = Math.min(this.height, Math.max(0, b.y));
  }

  // press begins to drag a box, a corner of it, or with the mouse a new box.
  press(event) {
    if (event.button !== 0) return;
    const box = event.target.closest(".cover");
    const i = this.elements().indexOf(box);
    if (i >= 0) {
      event.preventDefault();
      box.focus({ preventScroll: true });
      const corner = Array.from(box.querySelectorAll("i")).indexOf(event.target);
      const from = { ...this.list[i] };
      this.drag(event, box, i, (x, y, x0, y0) => {
        if (corner >= 0) this.stretch(i, from, corner, x - x0, y - y0);
        else Object.assign(this.list[i], { x: from.x + x - x0, y: from.y + y - y0 });
        this.hold(this.list[i]);
      });
    } else if (event.pointerType === "mouse" && this.inner.contains(event.target)) {
      event.preventDefault();
      this.stage.focus({ preventScroll: true });
      this.pull(event);
    }
  }

  // point is where on the picture the pointer is.
  point(event) {
    const r = this.inner.getBoundingClientRect();
    const scale = this.width / r.width;
    return [(event.clientX - r.left) * scale, (event.clientY - r.top) * scale];
  }

  // follow calls move while a pointer is down, and up when it is up or lost.
  follow(event, element, move, up) {
    element.setPointerCapture(event.pointerId);
    const end = () => {
      element.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) element.removeEventListener(name, end);
      up();
    };
    element.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, end);
  }

  drag(event, box, i, change) {
    const [x0, y0] = this.point(event);
    const before = this.list.map((b) => ({ ...b }));
    let moved = false;
    this.follow(event, box, (next) => {
      const [x, y] = this.point(next);
      if (!moved && Math.hypot(x - x0, y - y0) * this.inner.clientWidth < 2 * this.width) return;
      moved = true;
      change(x, y, x0, y0);
      this.place();
    }, () => {
      if (!moved) return;
      this.past.push(before);
      this.future = [];
      this.done(this.where(this.list[i]));
    });
  }

  // stretch puts a corner elsewhere and leaves the one across from it.
  stretch(i, from, corner, dx, dy) {
    const b = this.list[i];
    const [c, s] = [Math.cos(from.angle), Math.sin(from.angle)];
    const [signU, signV] = [[-1, -1], [1, -1], [1, 1], [-1, 1]][corner];
    const [u, v] = [dx * c + dy * s, dy * c - dx * s];
    const least = (8 * this.width) / this.inner.clientWidth;
    b.w = Math.max(least, from.w + signU * u);
    b.h = Math.max(least, from.h + signV * v);
    [b.x, b.y] = this.at(from, (signU * (b.w - from.w)) / 2, (signV * (b.h - from.h)) / 2);
  }

  // pull draws a new box from where the mouse went down to where it goes up.
  pull(event) {
    const [x0, y0] = this.point(event);
    const ghost = document.createElement("div");
    ghost.className = "cover cover-draws";
    this.inner.append(ghost);
    let box = null;
    this.follow(event, this.stage, (next) => {
      const [x, y] = this.point(next);
      box = { x: (x + x0) / 2, y: (y + y0) / 2, w: Math.abs(x - x0), h: Math.abs(y - y0), angle: 0, what: "drawn" };
      const scale = this.inner.clientWidth / this.width;
      ghost.style.width = box.w * scale + "px";
      ghost.style.height = box.h * scale + "px";
      ghost.style.transform = `translate(${(box.x - box.w / 2) * scale}px, ${(box.y - box.h / 2) * scale}px)`;
    }, () => {
      ghost.remove();
      const least = (6 * this.width) / this.inner.clientWidth;
      if (box && box.w > least && box.h > least) {
        this.hold(box);
        this.add(box);
      }
    });
  }
};
