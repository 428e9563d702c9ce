// The list in the browser: a grid of rows that are links. The server draws pages of it, the browser keeps what is
// ticked, how wide columns are and where one stands. Text goes in by textContent only; rows are kept by id and
// touched only where they differ, so that focus, marked text and scroll survive a rerun.

const lists = new WeakMap()

export function take({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".list")
  if (!root) return
  let list = lists.get(root)
  if (!list) lists.set(root, (list = new List(root)))
  list.send = setStateValue
  list.take(data)
}

const nonce = () => crypto.getRandomValues(new Uint32Array(3)).join("-")
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all)

function make(tag, className, parent, attributes = {}) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (tag === "button") made.type = "button"
  for (const [name, value] of Object.entries(attributes)) set(made, name, value)
  parent?.append(made)
  return made
}

function set(element, name, value) {
  if (value == null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value)
}

// A picture and no text, as everywhere else: the name stands beside it.
function portrait(initials, colour) {
  const add = (tag, parent, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag)
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
    parent?.append(made)
    return made
  }
  const svg = add("svg", null, { viewBox: "0 0 44 44", class: "avatar", "aria-hidden": "true" })
  add("circle", svg, { cx: 22, cy: 22, r: 22, fill: colour, "fill-opacity": 0.18 })
  const text = add("text", svg, { x: 22, y: 28, "font-size": 16, "font-weight": 600, fill: colour, "text-anchor": "middle" })
  text.textContent = initials
  return svg
}

class List {
  rows = new Map(); picked = new Map(); turn = null; here = null; from = null

  constructor(root) {
    this.root = root
    this.box = make("div", "box", root)
    this.grid = make("div", "grid", this.box, { role: "grid" })
    this.head = make("div", "row head", make("div", "", this.grid, { role: "rowgroup" }), { role: "row" })
    this.body = make("div", "body", this.grid, { role: "rowgroup" })
    this.live = make("p", "hidden", root, { "aria-live": "polite" })
    this.grid.addEventListener("keydown", event => this.key(event))
    this.body.addEventListener("focusin", event => this.stand(event.target.closest(".row")))
    this.body.addEventListener("click", event => this.click(event))
    // Shift and a click would mark the text between.
    this.body.addEventListener("mousedown", event => { if (event.shiftKey) event.preventDefault() })
  }

  take(data) {
    const before = this.data
    this.data = data
    if (data.turn !== this.turn) {
      this.turn = data.turn
      this.picked = new Map(data.picked)
    }
    set(this.grid, "aria-label", data.label)
    set(this.grid, "aria-rowcount", data.capped ? -1 : data.total + 1)
    set(this.grid, "aria-multiselectable", data.pick ? "true" : null)
    this.root.classList.toggle("pick", data.pick)
    this.root.classList.toggle("long", data.rows.length > 25)
    if (!before || JSON.stringify([before.columns, before.sort, before.pick]) !== JSON.stringify([data.columns, data.sort, data.pick])) this.drawHead()
    this.drawRows(before && before.page !== data.page)
  }

  // ---- drawing

  drawHead() {
    const { columns, sort, words, pick } = this.data
    const focused = this.head.getRootNode().activeElement?.dataset?.sort
    this.head.replaceChildren()
    if (pick) {
      const cell = make("div", "tick", this.head, { role: "columnheader" })
      this.all = make("input", "", cell, { type: "checkbox", "aria-label": words.all })
      this.all.addEventListener("change", () => this.tickAll(this.all.checked))
    }
    for (const column of columns) {
      const is = sort.name === column.name
      const cell = make("div", `cell ${column.kind}`, this.head, {
        role: "columnheader", "data-name": column.name,
        "aria-sort": is ? (sort.down ? "descending" : "ascending") : column.sort ? "none" : null,
      })
      if (column.sort) {
        const button = make("button", "sort", cell, { "data-sort": column.name, title: words.sort })
        make("span", "label", button).textContent = column.label
        make("span", "arrow", button, { "aria-hidden": "true" }).textContent = is ? (sort.down ? "↓" : "↑") : ""
        button.addEventListener("click", () => this.sort(column))
        if (focused === column.name) button.focus()
      } else make("span", "label", cell).textContent = column.label
      const grip = make("div", "grip", cell, { "aria-hidden": "true" })
      grip.addEventListener("pointerdown", event => this.stretch(event, column, cell))
      grip.addEventListener("dblclick", () => this.widen(column.name, null))
    }
    this.measure()
  }

  measure() {
    const own = this.widths()
    const leastOf = column => column.kind === "chips" ? column.width : Math.min(column.width, 120)
    const tracks = this.data.columns.map(column => {
      const width = own[column.name]
      return width ? `${width}px` : `minmax(${leastOf(column)}px, ${column.width}fr)`
    })
    const least = this.data.columns.reduce((sum, column) => sum + (own[column.name] || leastOf(column)), 0)
    this.grid.style.setProperty("--tracks", (this.data.pick ? "40px " : "") + tracks.join(" "))
    this.grid.style.setProperty("--least", `${least + (this.data.pick ? 40 : 0)}px`)
  }

  drawRows(isOtherPage) {
    const { rows, first, columns } = this.data
    const wanted = rows.map((row, place) => {
      const said = JSON.stringify([row, columns])
      let element = this.rows.get(row.id)
      if (!element) this.rows.set(row.id, (element = make("div", "row", null, { role: "row", tabindex: "-1", "data-id": row.id })))
      if (element.said !== said) { element.said = said; this.fillRow(element, row) }
      set(element, "aria-rowindex", first + place + 1)
      return element
    })
    const keep = new Set(wanted)
    for (const [id, element] of this.rows) if (!keep.has(element)) { element.remove(); this.rows.delete(id) }
    let place = this.body.firstElementChild
    for (const element of wanted) {
      if (element === place) place = place.nextElementSibling
      else this.body.insertBefore(element, place)
    }
    if (isOtherPage) { this.box.scrollTop = 0; this.here = null }
    if (!this.rows.has(this.here)) this.here = this.remembered() ?? rows[0]?.id ?? null
    for (const [id, element] of this.rows) set(element, "tabindex", id === this.here ? "0" : "-1")
    this.showTicks()
  }

  fillRow(element, row) {
    const { columns, words, pick } = this.data
    element.replaceChildren()
    if (pick) {
      const cell = make("div", "tick", element, { role: "gridcell" })
      make("input", "", cell, { type: "checkbox", tabindex: "-1", "aria-label": fill(words.pick, { title: row.title }) })
    }
    columns.forEach((column, place) => {
      const cell = make("div", `cell ${column.kind}`, element, { role: place ? "gridcell" : "rowheader", "data-label": column.label })
      this.fillCell(cell, column, row, row.cells[place], place === 0)
    })
    const reach = [["call", "tel:", row.call], ["mail", "mailto:", row.mail]].filter(([, , to]) => to)
    if (!reach.length) return
    const cell = make("div", "reach", element, { role: "gridcell" })
    for (const [name, scheme, to] of reach) {
      const link = make("a", name, cell, { href: scheme + encodeURI(to), tabindex: "-1" })
      link.textContent = words[name]
    }
  }

  fillCell(cell, column, row, value, isFirst) {
    if (isFirst) {
      if (row.face) cell.append(portrait(...row.face))
      if (row.fresh) make("span", "fresh", cell, { role: "img", "aria-label": this.data.words.fresh }).textContent = "●"
      const link = row.still ? make("span", "title", cell, {}) : make(row.href ? "a" : "button", "title", cell, { href: row.href, tabindex: "-1" })
      link.textContent = row.title
    } else if (column.kind === "chips") {
      for (const [text, tone] of value ?? []) make("span", `chip ${tone}`, cell).textContent = text
    } else if (column.kind === "check") {
      if (value != null) cell.textContent = value ? this.data.words.yes : this.data.words.no
    } else if (value && column.kind === "email") {
      make("a", "", cell, { href: `mailto:${encodeURI(value)}`, tabindex: "-1" }).textContent = value
    } else if (value && column.kind === "phone") {
      make("a", "", cell, { href: `tel:${encodeURI(value)}`, tabindex: "-1" }).textContent = value
    } else {
      cell.textContent = value ?? ""
    }
    if (cell.textContent) set(cell, "title", isFirst ? row.title : cell.textContent)
    cell.classList.toggle("blank", !cell.textContent)
  }

  // ---- what is ticked

  showTicks() {
    const shown = this.data.rows
    for (const row of shown) {
      const element = this.rows.get(row.id), is = this.picked.has(row.id)
      if (!this.data.pick) continue
      set(element, "aria-selected", is)
      element.querySelector(".tick input").checked = is
    }
    if (!this.data.pick) return
    const count = shown.filter(row => this.picked.has(row.id)).length
    this.all.checked = count > 0 && count === shown.length
    this.all.indeterminate = count > 0 && count < shown.length
  }

  tick(ids, on) {
    if (!this.data.pick) return
    const versions = new Map(this.data.rows.map(row => [row.id, row.version]))
    for (const id of ids) on ? this.picked.set(id, versions.get(id)) : this.picked.delete(id)
    this.showTicks()
    this.live.textContent = fill(this.data.words.picked, { n: this.picked.size })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.tell(), 150)
  }

  // What waits to be told goes before what opens another page: after it, it would call this page back.
  tell() {
    clearTimeout(this.timer)
    if (this.timer) this.send("picked", { turn: this.turn, ids: [...this.picked] })
    this.timer = null
  }

  tickAll(on) { this.tick(this.data.rows.map(row => row.id), on) }

  between(a, b) {
    const ids = this.data.rows.map(row => row.id), [i, j] = [ids.indexOf(a), ids.indexOf(b)]
    return i < 0 || j < 0 ? [b] : ids.slice(Math.min(i, j), Math.max(i, j) + 1)
  }

  // ---- hands

  click(event) {
    const row = event.target.closest(".row")
    if (!row) return
    const id = Number(row.dataset.id), tick = event.target.closest(".tick")
    if (tick) {
      const on = event.target.matches("input") ? event.target.checked : !this.picked.has(id)
      event.shiftKey && this.from != null ? this.tick(this.between(this.from, id), on) : this.tick([id], on)
      this.from = id
      row.focus({ preventScroll: true })
      return
    }
    const link = event.target.closest("a, button")
    if (link && !link.matches(".title")) return
    if (event.shiftKey && this.data.pick) { event.preventDefault(); this.tick(this.between(this.from ?? this.here ?? id, id), true); return }
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (!link) this.openBeside(id)
      return // the browser follows a link by itself
    }
    const marked = document.getSelection()
    if (!link && marked && String(marked)) return // somebody marks text to copy it
    event.preventDefault()
    this.open(id)
  }

  openBeside(id) {
    const row = this.data.rows.find(one => one.id === id)
    if (row?.href) window.open(row.href, "_blank", "noopener")
  }

  open(id) {
    if (this.data.rows.find(one => one.id === id)?.still) return
    this.stand(this.rows.get(id))
    this.remember(id)
    this.tell()
    this.send("open", { id, nonce: nonce() })
  }

  sort(column) {
    const { sort } = this.data, is = sort.name === column.name
    this.tell()
    this.send("ask", { nonce: nonce(), name: column.name, down: is ? !sort.down : false })
  }

  stand(row) {
    if (!row) return
    const id = Number(row.dataset.id)
    if (id === this.here) return
    const before = this.rows.get(this.here)
    if (before) set(before, "tabindex", "-1")
    this.here = id
    set(row, "tabindex", "0")
  }

  go(place, extend) {
    const ids = this.data.rows.map(row => row.id)
    const next = ids[Math.max(0, Math.min(ids.length - 1, place))], row = this.rows.get(next)
    if (!row) return
    if (extend) { this.from ??= this.here; this.tick(this.between(this.from, next), true) } else this.from = null
    row.focus()
    row.scrollIntoView({ block: "nearest" })
  }

  key(event) {
    const row = event.target.closest(".body .row")
    if (!row) return
    const place = this.data.rows.findIndex(one => one.id === this.here), isMine = event.target === row
    const jump = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: Infinity, PageDown: place + 10, PageUp: place - 10 }[event.key]
    if (jump != null && !event.altKey && !event.ctrlKey && !event.metaKey) this.go(jump, event.shiftKey)
    else if (event.key === "Enter" && isMine) event.ctrlKey || event.metaKey ? this.openBeside(this.here) : this.open(this.here)
    else if (event.key === " " && isMine) { this.tick([this.here], !this.picked.has(this.here)); this.from = this.here }
    else if (event.key === "a" && (event.ctrlKey || event.metaKey) && this.data.pick) this.tickAll(true)
    else if (event.key === "Escape" && this.picked.size) this.tick([...this.picked.keys()], false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // ---- what the browser keeps

  kept(name, store) { try { return JSON.parse(store.getItem(`rapport-list-${this.data.name}-${name}`)) } catch { return null } }
  keep(name, store, value) { try { store.setItem(`rapport-list-${this.data.name}-${name}`, JSON.stringify(value)) } catch { /* it is full or forbidden */ } }

  remember(id) { this.keep("row", sessionStorage, { id, top: this.box.scrollTop }) }

  remembered() {
    const kept = this.kept("row", sessionStorage)
    if (!kept || !this.rows.has(kept.id) || this.isBack) return null
    this.isBack = true
    requestAnimationFrame(() => { this.box.scrollTop = kept.top })
    return kept.id
  }

  widths() { return this.kept("widths", localStorage) ?? {} }

  widen(name, width) {
    const all = this.widths()
    width ? (all[name] = Math.round(width)) : delete all[name]
    this.keep("widths", localStorage, all)
    this.measure()
  }

  stretch(event, column, cell) {
    event.preventDefault()
    const begin = event.clientX, width = cell.getBoundingClientRect().width, grip = event.currentTarget
    grip.setPointerCapture(event.pointerId)
    const move = now => this.widen(column.name, Math.max(60, Math.min(900, width + now.clientX - begin)))
    grip.addEventListener("pointermove", move)
    grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", move), { once: true })
  }
}
