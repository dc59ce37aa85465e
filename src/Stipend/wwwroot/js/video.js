// <s-video data-frame="https://www.youtube-nocookie.com/embed/…" data-title="…"><a href="…">…</a></s-video>
// A press puts the other site's player in the card's place; before it nothing of that site is asked for. Without it the card is a link there.
customElements.define("s-video", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      const frame = document.createElement("iframe");
      frame.title = this.dataset.title;
      frame.allow = "autoplay; fullscreen; encrypted-media; picture-in-picture";
      frame.sandbox = "allow-scripts allow-same-origin allow-presentation allow-popups allow-popups-to-escape-sandbox";
      frame.referrerPolicy = "strict-origin"; // players refuse without a site's name; which page it is they do not learn
      frame.src = this.dataset.frame;
      this.replaceChildren(frame);
      frame.focus();
    });
  }
});
