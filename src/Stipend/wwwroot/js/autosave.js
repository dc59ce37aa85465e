// <s-autosave for="composer" src="/ada/posts/unsaved" post="0"></s-autosave> Keeps what is typed into a form's title, teaser and text a few
// seconds after the last key. Saving is still the form's own button; what was kept is offered when the page is opened again.
customElements.define("s-autosave", class extends HTMLElement {
  #timer;

  connectedCallback() {
    this.form = document.getElementById(this.getAttribute("for"));
    this.form?.addEventListener("input", this);
    this.form?.addEventListener("submit", this);
  }

  disconnectedCallback() { this.form?.removeEventListener("input", this); this.form?.removeEventListener("submit", this); clearTimeout(this.#timer); }

  handleEvent(event) {
    clearTimeout(this.#timer);
    if (event.type === "input") this.#timer = setTimeout(() => this.keep(), 3000);
  }

  async keep() {
    const body = new URLSearchParams({ post: this.getAttribute("post") });
    for (const name of ["title", "teaser", "markdown"]) body.set(name, this.form.elements[name].value);
    try {
      const answer = await fetch(this.getAttribute("src"), { method: "POST", body });
      this.querySelector("[data-kept]").hidden = !answer.ok;
    } catch (error) {
      console.warn("Not kept:", error.message);
    }
  }
});
