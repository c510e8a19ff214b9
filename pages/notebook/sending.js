// A file on its way: in slices, each tried again where the line breaks, going on where the server says.
//
// `zone` lends what changes meanwhile: its data with token and words, and what shows how far the file is.

const SLICE = 8 * 1024 * 1024
const TRIES = 3
const STALLED_MS = 300000
const RENEWED_WITHIN_MS = 10000

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

class Fault extends Error {
  constructor(code) {
    super(code)
    this.code = code
  }
}

class Sending {
  constructor(zone, file) {
    this.zone = zone
    this.file = file
    this.renewals = 0
    this.stopped = false
    this.restart()
  }

  restart() {
    this.token = this.zone.data.token
    this.number = this.zone.number++
    this.at = 0
    this.seen = [] // when how much had arrived, for the speed
  }

  address(asked) {
    return `${this.zone.data.url}/${this.token}?${new URLSearchParams({ file: this.number, ...asked })}`
  }

  // Sends what is left of the file; gives the number it has on the server.
  async send() {
    let failed = 0
    while (!this.stopped) {
      this.zone.show(this)
      const { status, said } = await this.put()
      if (this.stopped) return null
      if (status === 403) {
        await this.renew()
        continue
      }
      if ([413, 429, 507].includes(status)) throw new Fault(said.code ?? "connection")
      const told = (status === 200 || status === 409) && typeof said.at === "number"
      const moved = told && said.at !== this.at
      if (told) this.at = said.at
      if (told && said.id) return said.id
      if (moved) {
        failed = 0
        continue
      }
      if (++failed > TRIES) throw new Fault("connection")
      this.zone.write(".said", this.zone.data.words.waiting)
      await wait(500 * 2 ** failed)
    }
    return null
  }

  put() {
    const end = Math.min(this.at + SLICE, this.file.size)
    return new Promise(resolve => {
      const request = (this.request = new XMLHttpRequest())
      request.open("PUT", this.address({ at: this.at, size: this.file.size }))
      request.responseType = "json"
      request.timeout = STALLED_MS
      request.setRequestHeader("X-Name", encodeURIComponent(this.file.name.slice(0, 255)))
      request.upload.onprogress = event => this.zone.show(this, event.loaded)
      request.onload = () => resolve({ status: request.status, said: request.response ?? {} })
      request.onerror = request.ontimeout = request.onabort = () => resolve({ status: 0, said: {} })
      request.send(this.file.slice(this.at, end))
    })
  }

  // The token is too old, or the server was started anew: asks Python for another, and begins the file again.
  async renew() {
    if (++this.renewals > 2) throw new Fault("refused")
    if (this.zone.data.token === this.token) this.zone.trigger("renew", Date.now())
    for (let waited = 0; this.zone.data.token === this.token && !this.stopped; waited += 200) {
      if (waited > RENEWED_WITHIN_MS) throw new Fault("refused")
      await wait(200)
    }
    this.restart()
  }

  remove() {
    this.stopped = true
    this.request?.abort()
    fetch(this.address({}), { method: "DELETE", keepalive: true }).catch(() => {}) // else the server does, later
  }
}
