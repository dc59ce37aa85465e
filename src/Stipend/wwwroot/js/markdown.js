// <s-markdown for="field-markdown" src="/ada/posts/pictures" data-busy="…" data-refused="…"><div role="toolbar" hidden>…</div><p role="status"></p></s-markdown>
// Buttons and keys for Markdown, and pictures dropped or pasted into the text. The text stays a plain field: without this file it is typed.
const wears = (stars, mark) => (mark === "**" ? stars >= 2 : stars % 2 === 1); // three are both
const picture = file => file.type.startsWith("image/");

customElements.define("s-markdown", class extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.getAttribute("for"));
    this.bar = this.querySelector("[role=toolbar]");
    this.status = this.querySelector("[role=status]");
    if (!this.field || !this.bar) return;
    this.bar.hidden = false;
    this.buttons = [...this.bar.querySelectorAll("button")];
    this.buttons.forEach((button, at) => { button.tabIndex = at === 0 ? 0 : -1; });
    this.bar.addEventListener("click", event => this.press(event.target.closest("[data-md]")));
    this.bar.addEventListener("keydown", event => this.walk(event));
    this.field.addEventListener("keydown", event => this.key(event));
    this.field.addEventListener("paste", event => this.take(event, event.clipboardData?.files));
    this.field.addEventListener("dragover", event => { if (event.dataTransfer?.types.includes("Files")) { event.preventDefault(); this.field.classList.add("drop-here"); } });
    this.field.addEventListener("dragleave", () => this.field.classList.remove("drop-here"));
    this.field.addEventListener("drop", event => { this.field.classList.remove("drop-here"); this.take(event, event.dataTransfer?.files); });
    this.chooser = this.querySelector("input[type=file]");
    this.chooser?.addEventListener("change", () => { this.upload([...this.chooser.files]); this.chooser.value = ""; });
  }

  // One stop for Tab; arrows go along the buttons.
  walk(event) {
    const at = this.buttons.indexOf(document.activeElement), last = this.buttons.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    this.buttons.forEach((button, i) => { button.tabIndex = i === to ? 0 : -1; });
    this.buttons[to].focus();
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) return this.item(event);
    const what = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && { b: "bold", i: "italic", k: "link" }[event.key.toLowerCase()];
    if (!what) return;
    event.preventDefault();
    this.act(what);
  }

  press(button) {
    if (!button) return;
    if (button.dataset.md === "picture") this.chooser?.click();
    else this.act(button.dataset.md);
  }

  act(what) {
    const words = this.bar.querySelector(`[data-md=${what}]`)?.dataset.words ?? "";
    if (what === "bold") this.around("**", "**", words);
    if (what === "italic") this.around("*", "*", words);
    if (what === "link") this.around("[", "](https://)", words, "https://");
    if (what === "heading") this.lines("## ", line => line.replace(/^#+ /, ""));
    if (what === "list") this.lines("- ");
    if (what === "quote") this.lines("> ");
    if (what === "paywall") this.block(words);
  }

  // execCommand, because it alone keeps the browser's own undo; where it is gone the text is set at once.
  put(from, to, text) {
    this.field.focus();
    this.field.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, text)) {
      this.field.setRangeText(text, from, to, "end");
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  // Marks around what is selected, taken away when they are there; what is to be typed next is selected.
  around(before, after, words, select) {
    const { selectionStart: from, selectionEnd: to, value } = this.field;
    const chosen = value.slice(from, to);
    const worn = before === after && wears(value.slice(to).match(/^\**/)[0].length, after);
    if (worn && wears(value.slice(0, from).match(/\**$/)[0].length, before)) {
      this.put(from - before.length, to + after.length, chosen);
      return this.field.setSelectionRange(from - before.length, to - before.length);
    }
    if (worn && !chosen && this.opened(before)) {
      this.field.focus();
      return this.field.setSelectionRange(to + after.length, to + after.length);
    }
    const inner = chosen || words;
    this.put(from, to, before + inner + after);
    const at = select ? from + (before + inner + after).indexOf(select) : from + before.length;
    this.field.setSelectionRange(at, at + (select ?? inner).length);
  }

  // Whether a mark before the caret waits for its end in this paragraph.
  opened(mark) {
    const before = this.field.value.slice(0, this.field.selectionStart).split("\n\n").at(-1).replace(/^\s*\* /gm, "");
    return (before.match(/\*+/g) ?? []).filter(stars => wears(stars.length, mark)).length % 2 === 1;
  }

  // Enter in a list's line begins the next item; on an empty one it ends the list, with the empty line Markdown wants.
  item(event) {
    const { selectionStart: at, selectionEnd: to, value } = this.field;
    const from = value.lastIndexOf("\n", at - 1) + 1, end = (value + "\n").indexOf("\n", to);
    const [mark, indent, sign, number, dot, gap] = value.slice(from, at).match(/^([ \t]*)([-*+]|(\d{1,9})([.)]))([ \t]+)/) ?? [];
    if (!mark) return;
    event.preventDefault();
    if (at === to && !value.slice(from + mark.length, end).trim()) this.put(from, end, /(^|\n)[ \t]*\n$/.test(value.slice(0, from)) || from === 0 ? "" : "\n");
    else this.put(at, to, `\n${indent}${number ? Number(number) + 1 + dot : sign}${gap}`);
  }

  // A sign before every line chosen, or taken from all when all have it; what was chosen stays so, to be pressed again.
  lines(sign, bare = line => line) {
    const { selectionStart, selectionEnd, value } = this.field;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const end = value.indexOf("\n", selectionEnd), to = end < 0 ? value.length : end;
    const chosen = value.slice(from, to).split("\n"), all = chosen.every(line => line.startsWith(sign));
    const text = chosen.map(line => (all ? line.slice(sign.length) : line.startsWith(sign) ? line : sign + bare(line))).join("\n");
    this.put(from, to, text);
    this.field.setSelectionRange(chosen.length > 1 ? from : from + text.length, from + text.length);
  }

  // A line of its own, with empty lines around it.
  block(line) {
    const { selectionEnd: at, value } = this.field;
    if (value.includes(line)) return this.put(value.indexOf(line), value.indexOf(line) + line.length, "");
    const before = value.slice(0, at), after = value.slice(at);
    this.put(at, at, `${/(^|\n\n)$/.test(before) ? "" : before.endsWith("\n") ? "\n" : "\n\n"}${line}${/^\n\n/.test(after) ? "" : after.startsWith("\n") ? "\n" : "\n\n"}`);
  }

  take(event, files) {
    const pictures = [...(files ?? [])].filter(picture);
    if (pictures.length === 0) return;
    event.preventDefault();
    this.upload(pictures);
  }

  // Several at once stand in lines one below the other, and so become a gallery.
  async upload(files) {
    const names = files.map(file => this.dataset.busy.replace("{0}", file.name.replace(/[[\]\n]/g, ""))), waiting = names.map(name => `![${name}]()`);
    const at = this.field.selectionEnd, before = this.field.value.slice(0, at);
    this.put(at, at, `${/(^|\n\n)$/.test(before) ? "" : before.endsWith("\n") ? "\n" : "\n\n"}${waiting.join("\n")}\n\n`);
    const refused = [];
    for (const [i, file] of files.entries()) {
      this.status.textContent = names[i];
      const body = new FormData();
      body.set("picture", file);
      let shown = "", says = "";
      try {
        const answer = await fetch(this.getAttribute("src"), { method: "POST", body, headers: { Accept: "application/json" } });
        const json = await answer.json();
        if (answer.ok) shown = json.markdown;
        else says = json.title;
      } catch (error) {
        console.warn("No picture:", error.message);
      }
      if (!shown) refused.push(says || this.dataset.refused);
      const mark = this.field.value.indexOf(waiting[i]);
      if (mark < 0) continue;
      const old = waiting[i].length + (shown || files.length === 1 ? 0 : 1); // an empty line would part the others
      this.put(mark, mark + old, shown);
      const last = this.field.value.indexOf(waiting.at(-1)), end = last < 0 ? mark + shown.length + (shown || files.length === 1 ? 2 : 1) : last + waiting.at(-1).length + 2;
      this.field.setSelectionRange(end, end);
    }
    this.status.textContent = refused[0] ?? "";
    this.status.classList.toggle("upload-failed", refused.length > 0);
  }
});
