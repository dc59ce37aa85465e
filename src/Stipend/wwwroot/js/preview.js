// <s-preview for="field-body" src="/posts/preview"><div class="preview prose" data-into></div></s-preview>
// Posts the field's text as “text” and shows the returned fragment, half a second after the last key.
customElements.define("s-preview", class extends HTMLElement {
  #timer; #request;

  connectedCallback() {
    this.field = document.getElementById(this.getAttribute("for"));
    this.field?.addEventListener("input", this);
    if (this.field?.value) this.show();
  }

  disconnectedCallback() { this.field?.removeEventListener("input", this); this.#request?.abort(); }

  handleEvent() { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.show(), 500); }

  async show() {
    this.#request?.abort();
    this.#request = new AbortController();
    try {
      const answer = await fetch(this.getAttribute("src"), { method: "POST", body: new URLSearchParams({ text: this.field.value }), signal: this.#request.signal });
      if (answer.ok) (this.querySelector("[data-into]") ?? this).innerHTML = await answer.text();
      for (const card of this.querySelectorAll(".video-card")) card.target = "_blank"; // frames of other sites are not allowed here
      if (this.querySelector("s-gallery")) import("stipend/gallery"); // a picture's link would lead away from what is being written
    } catch (error) {
      if (error.name !== "AbortError") console.warn("No preview:", error.message);
    }
  }
});
