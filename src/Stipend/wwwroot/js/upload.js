// <s-upload src="/ada/uploads/post/7" data-part="{0} of {1}" data-failed="…" data-refused="…" data-unanswered="…"><form>…file…</form><div class="upload-states"></div></s-upload>
// Sends the chosen files by tus 1.0 in parts, shows how far each is, and goes on where it was when the same file is chosen again.
// Removes a file of the list beside it without loading the page again: what is typed there and not saved stays.
const PART = 32 * 1024 * 1024;
const HEADERS = { "Tus-Resumable": "1.0.0", Accept: "application/json" };
const read = async answer => new DOMParser().parseFromString(await answer.text(), "text/html");
const base64 = text => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
const size = bytes => (bytes >= 1e9 ? (bytes / 1e9).toFixed(1) + " GB" : bytes >= 1e6 ? (bytes / 1e6).toFixed(1) + " MB" : Math.ceil(bytes / 1e3) + " KB");

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
    fail(request.status === 409 || request.status === 423 || request.status >= 500 ? new Error(says ?? request.status) : new Refused(says ?? ""));
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
    try {
      let [url, offset] = await this.resumed(mark);
      if (!url) {
        const made = await send("POST", this.getAttribute("src"), { "Upload-Length": file.size, "Upload-Metadata": `filename ${base64(file.name)}` });
        [url, offset] = [made.getResponseHeader("Location"), 0];
        localStorage.setItem(mark, url);
      }
      for (let tries = 0; offset < file.size;) {
        shown.at(offset);
        try {
          const headers = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
          const answer = await send("PATCH", url, headers, file.slice(offset, offset + PART), sent => shown.at(Math.min(file.size, offset + sent)));
          [offset, tries] = [Number(answer.getResponseHeader("Upload-Offset")), 0];
        } catch (error) {
          if (error instanceof Refused || ++tries > 5) throw error;
          await new Promise(wait => setTimeout(wait, 1000 * 2 ** tries));
          offset = (await this.resumed(mark))[1] ?? offset;
        }
      }
      localStorage.removeItem(mark);
      shown.done();
    } catch (error) {
      if (error instanceof Refused) localStorage.removeItem(mark);
      shown.failed(error instanceof Refused ? error.message || this.dataset.refused : this.dataset.failed);
    }
  }

  // Where an earlier upload of this file stands; nothing when there is none any more.
  async resumed(mark) {
    const url = localStorage.getItem(mark);
    if (!url) return [];
    try {
      return [url, Number((await send("HEAD", url, {})).getResponseHeader("Upload-Offset"))];
    } catch (error) {
      if (error instanceof Refused) localStorage.removeItem(mark);
      return [];
    }
  }
});
