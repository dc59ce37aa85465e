// <s-progress src="/imports/7/progress">…</s-progress>
// Every two seconds shows the fragment at src in its place; stops when the fragment has no s-progress; gives up after an hour.
customElements.define("s-progress", class extends HTMLElement {
  connectedCallback() {
    this.left ??= 1800;
    this.timer = setTimeout(() => this.refresh(), 2000);
  }

  disconnectedCallback() { clearTimeout(this.timer); }

  async refresh() {
    if (--this.left <= 0) return;
    try {
      const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const fragment = document.createElement("template");
      fragment.innerHTML = await answer.text();
      const next = fragment.content.querySelector("s-progress");
      if (next) { next.left = this.left; this.replaceWith(next); }
      else { this.replaceWith(fragment.content); }
    } catch (error) {
      console.warn("Progress not read:", error.message);
      this.timer = setTimeout(() => this.refresh(), 5000);
    }
  }
});
