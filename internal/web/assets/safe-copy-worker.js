// What the page /safe-copy lets work beside it, so that it stays quick: opens the
// picture, finds what to cover, makes the copy, checks it. It fetches the program
// when it begins and nothing after that; the picture goes nowhere.
"use strict";

// What is searched and shown has at most so many pixels; what is made has at most
// the others, which photos of most phones stay below.
const searched = 3e6;
const made = 16e6;

let program = null; // resolves to what the program offers
let picture = null; // what was opened, as it is drawn at full size
let size = [0, 0];

const steps = {
  // begin loads the program and starts it.
  async begin({ starter, address }) {
    importScripts(starter);
    const go = new self.Go();
    const loaded = fetch(address, { credentials: "same-origin" });
    let result;
    try {
      result = await WebAssembly.instantiateStreaming(loaded, go.importObject);
    } catch {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      result = await WebAssembly.instantiate(await answer.arrayBuffer(), go.importObject);
    }
    program = new Promise((resolve, reject) => {
      self.toolIsReady = resolve;
      go.run(result.instance).then(() => reject(new Error("the program ended")), reject);
    });
    await program;
    return {};
  },

  // open opens a file and finds what to cover on it.
  async open({ file }, tell) {
    const tool = await program;
    tell("opening");
    const began = performance.now();
    if (picture && picture.close) picture.close();
    const opened = await decode(tool, file);
    if (opened.fault) return opened;
    picture = opened;
    let scale = Math.min(1, Math.sqrt(made / (picture.width * picture.height)));
    size = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    scale = Math.min(1, Math.sqrt(searched / (size[0] * size[1])));
    const [w, h] = [Math.round(size[0] * scale), Math.round(size[1] * scale)];
    const decoded = performance.now();
    const pixels = draw(w, h);
    tell("searching");
    const drawn = performance.now();
    const found = tool.find(pixels, w, h);
    if (found.fault) return found;
    const took = [decoded - began, drawn - decoded, performance.now() - drawn].map(Math.round);
    const [x, y] = [size[0] / w, size[1] / h];
    for (const box of found.boxes) box.quad = box.quad.map((p) => [p[0] * x, p[1] * y]);
    return { ...found, width: size[0], height: size[1], took };
  },

  // look returns the picture that was searched with the mark on it.
  async look({ mark }) {
    const { width, height, pixels, fault } = (await program).look(mark);
    if (fault) return { fault };
    return { image: new ImageData(pixels, width, height) };
  },

  // make makes the copy and says whether it is safe.
  async make({ boxes, mark }, tell) {
    const tool = await program;
    tell("making");
    const copy = tool.make(draw(...size), ...size, boxes, mark);
    if (copy.fault) return copy;
    tell("checking");
    const verdict = tool.check(copy.file, mark);
    if (verdict.fault) return verdict;
    return { ...verdict, width: copy.width, height: copy.height, file: new Blob([copy.file], { type: "image/jpeg" }) };
  },
};

// decode opens a file as the browser does, and where that cannot, as the program
// does, which also knows what is wrong with it.
async function decode(tool, file) {
  if (file.size > tool.mostBytes) return { fault: "too-large" };
  let head;
  try {
    head = new Uint8Array(await file.slice(0, 64 << 10).arrayBuffer());
  } catch {
    return { fault: "damaged" }; // it went away meanwhile
  }
  const known = tool.judge(head);
  if (known) return { fault: known };
  if (self.OffscreenCanvas) {
    try {
      return await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      // The program says why.
    }
  }
  const opened = tool.open(new Uint8Array(await file.arrayBuffer()));
  if (opened.fault) return opened;
  return { width: opened.width, height: opened.height, pixels: opened.pixels };
}

// draw returns the pixels of the picture at a size, on white.
function draw(width, height) {
  if (self.OffscreenCanvas) {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    let from = picture;
    if (picture.pixels) {
      from = new OffscreenCanvas(picture.width, picture.height);
      from.getContext("2d").putImageData(new ImageData(picture.pixels, picture.width, picture.height), 0, 0);
    }
    context.drawImage(from, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  }
  return average(picture, width, height);
}

// average makes a picture smaller where there is no canvas to do it: each pixel is
// the mean of those it stands for.
function average(from, width, height) {
  if (width === from.width && height === from.height) return from.pixels;
  const to = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const [y0, y1] = [Math.floor((y * from.height) / height), Math.floor(((y + 1) * from.height) / height)];
    for (let x = 0; x < width; x++) {
      const [x0, x1] = [Math.floor((x * from.width) / width), Math.floor(((x + 1) * from.width) / width)];
      const sum = [0, 0, 0];
      for (let v = y0; v < y1; v++) {
        for (let u = x0; u < x1; u++) {
          for (let c = 0; c < 3; c++) sum[c] += from.pixels[4 * (v * from.width + u) + c];
        }
      }
      const at = 4 * (y * width + x);
      for (let c = 0; c < 3; c++) to[at + c] = sum[c] / ((x1 - x0) * (y1 - y0));
      to[at + 3] = 255;
    }
  }
  return to;
}

self.addEventListener("message", async (event) => {
  const { id, step, given } = event.data;
  try {
    const answer = await steps[step](given, (now) => self.postMessage({ id, now }));
    self.postMessage({ id, answer });
  } catch (fault) {
    self.postMessage({ id, failed: String(fault) });
  }
});
