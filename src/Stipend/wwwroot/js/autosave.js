// <s-autosave for="composer" src="/ada/posts/unsaved" post="0"></s-autosave> Keeps what is typed into a form's title, teaser and text a few
// seconds after the last key, and when the page is left. Saving is still the form's own button; what was kept is offered when the page is
// opened again, and the newest text counts.
customElements.define("s-autosave", class extends HTMLElement {
  #timer = 0; #since = 0;

  connectedCallback() {
    this.form = document.getElementById(this.getAttribute("for"));
    this.listen("addEventListener");
  }

  disconnectedCallback() { this.listen("removeEventListener"); this.rest(); }

  listen(how) {
    for (const type of ["input", "submit"]) this.form?.[how](type, this);
    for (const type of ["beforeunload", "online"]) window[how](type, this);
    document[how]("visibilitychange", this);
  }

  rest() { clearTimeout(this.#timer); this.#timer = this.#since = 0; }

  handleEvent(event) {
    if (event.type === "submit") this.rest();
    else if (event.type === "input") this.later();
    else if (event.type === "online") this.#timer && this.keep();
    else if (this.#timer && (event.type === "beforeunload" || document.hidden)) this.keep();
  }

  // Whoever types on and on does not wait for a pause.
  later() {
    this.#since ||= Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), Math.max(0, Math.min(3000, this.#since + 15000 - Date.now())));
  }

  async keep() {
    this.rest();
    const body = new URLSearchParams({ post: this.getAttribute("post") }), [note, lost] = ["[data-kept]", "[data-lost]"].map(part => this.querySelector(part));
    for (const name of ["slot", "title", "teaser", "markdown"]) body.set(name, this.form.elements[name].value);
    try {
      const answer = await fetch(this.getAttribute("src"), { method: "POST", body, keepalive: `${body}`.length < 60000 }); // browsers take no more on leaving
      if (!answer.ok) throw new Error(answer.status);
      [note.hidden, lost.hidden] = [false, true];
    } catch (error) {
      console.warn("Not kept:", error.message);
      [note.hidden, lost.hidden] = [true, false];
      this.#timer ||= setTimeout(() => this.keep(), 30000);
    }
  }
});
