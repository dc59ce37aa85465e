// <s-copy data-text="…" data-what="RSS" data-label="Copy" data-done="Copied"></s-copy>
// A button that copies data-text; none where the browser has no clipboard to give.
customElements.define("s-copy", class extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard || this.button) return;
    const { text, what, label, done } = this.dataset;
    const button = this.button = document.createElement("button"), status = document.createElement("span");
    button.type = "button";
    button.className = "button button-secondary button-small";
    const say = word => { button.textContent = word; button.setAttribute("aria-label", `${word}: ${what}`); };
    say(label);
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text); } catch { return; } // it stands there to be copied by hand
      say(done);
      status.textContent = done;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { say(label); status.textContent = ""; }, 3000);
    });
    this.append(button, status);
  }
});
