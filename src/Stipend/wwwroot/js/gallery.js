// <s-gallery data-label="Pictures" data-before="…" data-next="…" data-close="…"><ul><li><a href="/media/7"><img alt="…"></a>…</ul></s-gallery>
// The pictures large, one after another: arrow keys, buttons, swiping; Escape and a press beside them close. Without it each link leads to its picture.
customElements.define("s-gallery", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", event => {
      const link = event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.links = [...this.querySelectorAll("a")];
      this.show(this.links.indexOf(link));
    });
  }

  show(to) {
    const of = this.links.length, box = this.box ??= this.build(), link = this.links[this.at = (to + of) % of], { alt } = link.firstElementChild;
    this.picture.src = link.href;
    this.picture.alt = alt;
    this.words.textContent = `${this.at + 1} / ${of}${alt && ` · ${alt}`}`;
    if (!box.open) box.showModal();
    new Image().src = this.links[(this.at + 1) % of].href; // the next is here when it is asked for
  }

  build() {
    const box = this.appendChild(document.createElement("dialog")), go = by => () => this.show(this.at + by);
    const button = (sign, words, act) => {
      const made = box.appendChild(document.createElement("button"));
      made.type = "button"; // in the composer it stands in a form
      made.className = `viewer-${words}`;
      made.textContent = sign;
      made.ariaLabel = this.dataset[words];
      made.onclick = act;
    };
    box.className = "viewer";
    box.ariaLabel = this.dataset.label;
    this.picture = box.appendChild(new Image());
    this.words = box.appendChild(document.createElement("p"));
    this.words.role = "status";
    button("‹", "before", go(-1));
    button("›", "next", go(1));
    button("×", "close", () => box.close());
    box.onclick = event => event.target === box && box.close();
    box.onkeydown = event => ({ ArrowLeft: go(-1), ArrowRight: go(1) })[event.key]?.();
    let from = NaN; // of a finger alone on a page that is not zoomed
    box.addEventListener("touchstart", event => { from = event.touches.length > 1 || visualViewport.scale > 1 ? NaN : event.touches[0].clientX; }, { passive: true });
    box.addEventListener("touchend", event => {
      const by = event.changedTouches[0].clientX - from;
      if (Math.abs(by) > 40) go(-Math.sign(by))();
      from = NaN;
    });
    return box;
  }
});
