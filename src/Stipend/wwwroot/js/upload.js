// <s-upload src="/ada/uploads/post/7" data-part="{0} of {1}" data-failed="…" data-refused="…" data-unanswered="…"
// data-anew="…"><form>…file…</form><div class="upload-states"></div></s-upload>
// Sends the chosen files by tus 1.0 in parts, shows how far each is, and goes on where it was when the same file is chosen again: each part's hash is
// noted, and what the server has is compared with the file by them. Without a secure context (plain http) there are no hashes: it begins anew then.
// Removes a file of the list beside it without loading the page again: what is typed there and not saved stays.
const PART = 32 * 1024 * 1024, SMALL = 1024 * 1024;
const HASHES = globalThis.crypto?.subtle;
const HEADERS = { "Tus-Resumable": "1.0.0", Accept: "application/json" };
const read = async answer => new DOMParser().parseFromString(await answer.text(), "text/html");
const base64 = text => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
const size = bytes => (bytes >= 1e9 ? (bytes / 1e9).toFixed(1) + " GB" : bytes >= 1e6 ? (bytes / 1e6).toFixed(1) + " MB" : Math.ceil(bytes / 1e3) + " KB");

const stands = answer => Number(answer.getResponseHeader("Upload-Offset"));
const sum = async part => HASHES && btoa(String.fromCharCode(...new Uint8Array(await HASHES.digest("SHA-256", await part.arrayBuffer()))));

class Refused extends Error {}

// One request with progress, which fetch does not tell.
const send = (method, url, headers, body, progress) => new Promise((done, fail) => {
  const request = new XMLHttpRequest();
  request.open(method, url);
  for (const [name, value] of Object.entries({ ...HEADERS, ...headers })) request.setRequestHeader(name, value);
  request.upload.onprogress = event => progress?.(event.loaded);
  request.onload = () => {
    if (request.status < 300) return done(request);
    const says = (() => { try { return JSON.parse(request.responseText).title; } catch { return null; } })();
    const passes = [409, 423, 460].includes(request.status) || (request.status >= 500 && request.status !== 507);
    fail(passes ? new Error(says ?? request.status) : Object.assign(new Refused(says ?? ""), { isFull: request.status === 507 }));
  };
  request.onerror = () => fail(new Error("offline"));
  request.send(body);
});

customElements.define("s-upload", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", event => {
      const files = [...(this.querySelector("input[type=file]")?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation(); // it may be pressed again
      this.all(files);
    });
    this.box = this.parentElement;
    this.box.addEventListener("submit", event => {
      const form = event.target, at = this.listed("form").indexOf(form);
      if (at < 0) return;
      event.preventDefault();
      if (form.dataset.sent) return;
      form.dataset.sent = "yes";
      this.turn = (this.turn ?? Promise.resolve()).then(() => this.dismiss(form, at)); // one after the other: the last list counts
    });
  }

  listed(what) { return [...this.box.querySelectorAll(`.files-plain ${what}`)]; }

  async all(files) {
    this.querySelector("input[type=file]").value = "";
    this.say("");
    for (const file of files) await this.one(file, this.line(file));
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.ok) this.show((await read(answer)).getElementById("files"));
  }

  // The form is sent as it stands; its answer is the page with what is left and a sentence about it, or one with the refusal.
  async dismiss(form, at) {
    this.say("");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
      const page = await read(answer), fresh = page.getElementById("files");
      if (!answer.ok || !fresh) throw new Refused(page.querySelector(".problem h1")?.textContent ?? "");
      const focused = document.activeElement, follow = focused === document.body || this.listed("*").includes(focused);
      this.show(fresh);
      const left = this.listed("form button");
      if (follow) (left[Math.min(at, left.length - 1)] ?? this.querySelector("input[type=file]")).focus();
      this.say(page.querySelector(".flash .alert-body")?.textContent ?? "");
    } catch (error) {
      delete form.dataset.sent;
      this.say(error instanceof Refused && error.message || this.dataset.unanswered, true);
    }
  }

  // The list and what is used, as newly drawn; files chosen and uploads under way stay.
  show(fresh) {
    if (!fresh) return;
    const [list, old] = [fresh, this.box].map(box => box.querySelector(".files-plain"));
    if (!list) old?.remove();
    else if (old) old.replaceWith(list);
    else this.before(list);
    const [used, was] = [fresh, this].map(box => box.querySelector(".field-hint"));
    if (used && was) was.textContent = used.textContent;
  }

  say(text, failed = false) {
    this.querySelector(".upload-states > p")?.remove();
    if (!text) return;
    const line = document.createElement("p");
    line.className = failed ? "small upload-failed" : "small muted";
    line.textContent = text.trim();
    this.querySelector(".upload-states").append(line);
  }

  line(file) {
    const line = document.createElement("div");
    line.className = "progress";
    const [name, text, bar] = ["span", "span", "progress"].map(tag => line.appendChild(document.createElement(tag)));
    [name.className, text.className] = ["progress-label", "progress-text"];
    name.textContent = file.name;
    bar.max = file.size;
    bar.value = 0;
    this.querySelector(".upload-states").append(line);
    return {
      at: bytes => { bar.value = bytes; text.textContent = this.dataset.part.replace("{0}", size(bytes)).replace("{1}", size(file.size)); },
      done: () => line.remove(),
      failed: message => { bar.remove(); text.textContent = message; text.classList.add("upload-failed"); },
    };
  }

  async one(file, shown) {
    const mark = `upload ${this.getAttribute("src")} ${file.name} ${file.size} ${file.lastModified}`;
    const note = parts => HASHES && localStorage.setItem(mark, JSON.stringify({ url, parts }));
    const most = Number(this.getAttribute("part-bytes")) || PART;
    let url, offset, parts;
    try {
      ({ url, offset = 0, parts = [] } = await this.begun(mark, file, shown));
      if (!url) {
        url = (await send("POST", this.getAttribute("src"), { "Upload-Length": file.size, "Upload-Metadata": `filename ${base64(file.name)}` }))
          .getResponseHeader("Location");
        note([]);
      }
      for (let tries = 0, length = most; offset < file.size;) {
        shown.at(offset);
        try {
          const part = file.slice(offset, offset + length), hash = await sum(part);
          note(parts = [...parts.filter(p => p.to <= offset), { to: offset + part.size, hash }]); // before it is sent: its answer may be lost
          const headers = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream", ...(hash && { "Upload-Checksum": `sha256 ${hash}` }) };
          offset = stands(await send("PATCH", url, headers, part, sent => shown.at(Math.min(file.size, offset + sent))));
          [tries, length] = [0, Math.min(most, length * 2)];
        } catch (error) {
          if (error instanceof Refused || ++tries > 5) throw error;
          length = Math.max(Math.min(most, SMALL), length / 4); // a part counts whole or not at all: less is lost with the next
          await new Promise(wait => setTimeout(wait, 1000 * 2 ** tries));
          offset = await send("HEAD", url, {}).then(stands).catch(error => { if (error instanceof Refused) throw error; return offset; });
        }
      }
      localStorage.removeItem(mark);
      shown.done();
    } catch (error) {
      if (error instanceof Refused && !error.isFull) localStorage.removeItem(mark);
      if (url && !HASHES) send("DELETE", url, {}).catch(() => {}); // nobody will take it up
      shown.failed(error instanceof Refused ? error.message || this.dataset.refused : HASHES ? this.dataset.failed : this.dataset.anew);
    }
  }

  // Where an earlier upload of this file stands; nothing when there is none any more, or when its bytes are not this file's: that one is given up.
  async begun(mark, file, shown) {
    try {
      const { url, parts } = JSON.parse(localStorage.getItem(mark)) ?? {};
      if (!url) return {};
      const offset = stands(await send("HEAD", url, {}));
      let from = 0;
      for (const part of parts.filter(p => p.to <= offset)) {
        if (await sum(file.slice(from, part.to)) !== part.hash) break;
        shown.at(from = part.to);
      }
      if (from === offset) return { url, offset, parts };
      await send("DELETE", url, {});
    } catch (error) {
      if (!(error instanceof Refused || error instanceof SyntaxError)) throw error; // else it is over, or was noted in another way
    }
    localStorage.removeItem(mark);
    return {};
  }
});
