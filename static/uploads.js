// Large files, part by part, from the drop zone of components/uploader.html: progress, pause, and going on
// after a lost line, a closed browser or a server that was away. The protocol is tus 1.0.
(() => {
  "use strict";

  const PART = 32 * 1024 * 1024;
  const AT_ONCE = 2;
  const RETRY_DELAYS = [0, 1000, 3000, 5000, 10000, 20000];
  const TRY_AGAIN_AFTER = 30000;
  const SPEED_OVER = 5000;

  const cookie = (name) =>
    document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

  const bytes = (count) => {
    const units = [[1024 ** 3, "GB"], [1024 ** 2, "MB"], [1024, "KB"]];
    const [step, unit] = units.find(([least]) => count >= least) ?? [1, "位元組"];
    return step === 1 ? `${count} ${unit}` : `${(count / step).toFixed(1)} ${unit}`;
  };

  const time = (seconds) => {
    if (seconds < 60) return `${Math.max(1, Math.round(seconds))} 秒`;
    const minutes = Math.round(seconds / 60);
    return minutes < 60 ? `${minutes} 分鐘` : `${Math.floor(minutes / 60)} 小時 ${minutes % 60} 分鐘`;
  };

  // What the server answered in words; empty when it did not answer or had no words.
  const said = (error) => {
    const response = error.originalResponse;
    return response?.getHeader("Content-Type")?.startsWith("text/plain") ? response.getBody() : "";
  };

  const wire = (method, url) =>
    fetch(url, { method, headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": cookie("csrftoken") } });

  // One file and its row.
  class Item {
    constructor(box, { name, size, file = null, previous = null }) {
      Object.assign(this, { box, name, size, file, previous, sent: 0, marks: [], state: "" });
      this.row = box.find("template[data-row]").content.firstElementChild.cloneNode(true);
      this.part("file-name").textContent = name;
      this.part("size").textContent = bytes(size);
      this.part("kind").textContent = name.split(".").pop().slice(0, 4).toUpperCase();
      this.part("bar").setAttribute("aria-label", `${name} 的上傳進度`);
      this.fill = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      this.fill.setAttribute("class", "f");
      this.fill.setAttribute("height", "8");
      this.part("bar").querySelector("svg").replaceChildren(
        this.part("bar").querySelector("rect.p"),
        this.fill,
      );
      for (const act of ["pause", "resume", "remove"]) {
        const button = this.button(act);
        button.setAttribute("aria-label", `${button.textContent.trim()}：${name}`);
        button.addEventListener("click", () => this[act]());
      }
      const again = this.part("again");
      again.setAttribute("aria-label", `選擇檔案接續：${name}`);
      again.addEventListener("change", () => this.goOnWith(again.files[0]));
      box.list.append(this.row);
      box.list.hidden = false;
    }

    part(name) {
      return this.row.querySelector(`[data-${name}]`);
    }

    button(act) {
      return this.row.querySelector(`[data-act="${act}"]`);
    }

    // States: waiting, sending, paused, done, refused. The words under the bar say why.
    show(state, words, { buttons = [], say = true } = {}) {
      if (this.state !== state) {
        this.state = state;
        this.part("state").replaceChildren(this.box.find(`[data-chip="${state}"]`).content.cloneNode(true));
        this.row.classList.toggle("up-no", state === "refused");
        if (say) this.box.say(`${this.name}：${this.part("state").textContent.trim()}${words ? `，${words}` : ""}`);
      }
      this.part("facts").textContent = words;
      this.part("bar").hidden = state === "refused" || state === "done";
      for (const act of ["pause", "resume", "again", "remove"]) {
        this.button(act).hidden = !buttons.includes(act);
      }
    }

    progress(sent) {
      const now = performance.now();
      this.sent = sent;
      this.marks = [...this.marks.filter(([at]) => now - at < SPEED_OVER), [now, sent]];
      const [since, before] = this.marks[0];
      const percent = Math.floor((sent * 100) / this.size);
      this.part("bar").setAttribute("aria-valuenow", percent);
      this.fill.setAttribute("width", (sent * 200) / this.size);
      const words = [`${percent}%，${bytes(sent)} 已送達`];
      const speed = now > since ? ((sent - before) * 1000) / (now - since) : 0;
      if (speed > 0) words.push(`每秒 ${bytes(Math.round(speed))}`, `約剩 ${time((this.size - sent) / speed)}`);
      this.show("sending", words.join(" · "), { buttons: ["pause", "remove"] });
    }

    start() {
      this.marks = [];
      this.upload ??= this.prepare();
      this.show("sending", "", { buttons: ["pause", "remove"] });
      this.upload.start();
    }

    prepare() {
      const upload = new tus.Upload(this.file, {
        endpoint: this.box.url,
        chunkSize: PART,
        retryDelays: RETRY_DELAYS,
        metadata: { filename: this.name },
        fingerprint: async () => this.box.fingerprint(this.name, this.size),
        removeFingerprintOnSuccess: false,
        onBeforeRequest: (request) => request.setHeader("X-CSRFToken", cookie("csrftoken")),
        onShouldRetry: (error) => {
          const status = error.originalResponse?.getStatus() ?? 0;
          const isWorthIt = navigator.onLine && [0, 409, 423, 500, 502, 503, 504].includes(status);
          if (isWorthIt) this.falter(error);
          return isWorthIt;
        },
        onProgress: (sent) => this.state === "sending" && this.progress(sent),
        onSuccess: () => this.finish(),
        onError: (error) => this.stumble(error),
      });
      if (this.previous) upload.resumeFromPreviousUpload(this.previous);
      return upload;
    }

    falter(error) {
      this.marks = [];
      const why = said(error) || "伺服器沒有回應，正在重試。";
      const kept = this.sent ? `已送達的 ${bytes(this.sent)} 都還在。` : "";
      this.show("sending", why + kept, { buttons: ["pause", "remove"] });
    }

    // Once for good: the server said in words why it will not take the file. Else it will be tried again.
    stumble(error) {
      const status = error.originalResponse?.getStatus() ?? 0;
      const words = said(error);
      const kept = `已送達的 ${bytes(this.sent)} 都還在`;
      if ([400, 413, 415, 429].includes(status)) {
        this.show("refused", words || "伺服器沒有收下這個檔案。", { buttons: ["remove"] });
      } else if (status >= 400 && status < 500) {
        this.show("paused", words || `${kept}；請重新整理本頁，再選同一個檔案接續。`, { buttons: ["resume", "remove"] });
      } else if (status === 507) {
        this.show("paused", words, { buttons: ["resume", "remove"] });
      } else {
        this.show("paused", words || `連線中斷，${kept}；恢復後會自動接續。`, { buttons: ["resume", "remove"] });
        this.waiting = setTimeout(() => this.resume(), TRY_AGAIN_AFTER);
      }
      this.box.next();
    }

    finish() {
      this.token = this.upload.url.split("/").filter(Boolean).pop();
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: this.box.name, value: this.token });
      this.row.append(field);
      this.show("done", "完整送達。", { buttons: ["remove"] });
      this.box.tell("upload:received", this);
      this.box.next();
    }

    pause() {
      this.upload?.abort();
      this.show("paused", `${bytes(this.sent)} 已送達；按「繼續」從這裡接續。`, { buttons: ["resume", "remove"] });
      this.button("resume").focus();
      this.box.next();
    }

    resume() {
      clearTimeout(this.waiting);
      if (this.state !== "paused" || !this.file) return;
      this.show("waiting", "", { buttons: ["remove"], say: false });
      this.box.next();
      (this.button("pause").hidden ? this.button("remove") : this.button("pause")).focus();
    }

    // After the page was closed the browser may not open the file by itself: the person chooses it again.
    goOnWith(file) {
      if (!file) return;
      if (file.name !== this.name || file.size !== this.size) {
        this.part("facts").textContent = `這不是同一個檔案：請選「${this.name}」（${bytes(this.size)}）。`;
        this.box.say(this.part("facts").textContent);
        return;
      }
      this.file = file;
      this.state = "paused";
      this.resume();
    }

    async remove() {
      clearTimeout(this.waiting);
      const url = this.upload?.url ?? this.previous?.uploadUrl;
      this.upload?.abort();
      this.row.remove();
      this.box.forget(this);
      if (url) {
        await this.box.forgetFingerprint(this.name, this.size);
        await wire("DELETE", url).catch(() => {}); // what is not deleted now expires by itself
      }
    }
  }

  class Box {
    constructor(root) {
      this.root = root;
      this.url = root.dataset.url;
      this.name = root.dataset.name;
      this.items = [];
      this.list = this.find("[data-files]");
      const drop = this.find("[data-drop]");
      const choose = this.find("[data-choose]");
      drop.hidden = false;
      choose.addEventListener("change", () => {
        this.add([...choose.files]);
        choose.value = "";
      });
      drop.addEventListener("dragover", (event) => {
        event.preventDefault();
        drop.classList.add("drop-on");
      });
      drop.addEventListener("dragleave", () => drop.classList.remove("drop-on"));
      drop.addEventListener("drop", (event) => {
        event.preventDefault();
        drop.classList.remove("drop-on");
        this.add([...event.dataTransfer.files]);
      });
      // The form has taken the upload in: it no longer stands here, nor is it taken back.
      root.addEventListener("upload:claimed", (event) => {
        const item = this.items.find((one) => one.token === event.detail.token);
        if (!item) return;
        item.row.remove();
        this.items = this.items.filter((other) => other !== item);
        this.list.hidden = this.items.length === 0;
        this.forgetFingerprint(item.name, item.size);
      });
      this.recall();
    }

    find(selector) {
      return this.root.querySelector(selector);
    }

    say(text) {
      this.find("[data-say]").textContent = text;
    }

    tell(name, item) {
      const detail = { token: item.token, name: item.name, size: item.size };
      this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
    }

    // The limits that the page shows are those that are kept here; the server keeps them again.
    whyNot(file) {
      const ending = file.name.includes(".") ? `.${file.name.split(".").pop().toLowerCase()}` : "";
      const limits = [...this.root.querySelectorAll("[data-limit]")];
      const limit = limits.find((line) => line.dataset.endings.split(" ").includes(ending));
      if (!limit) {
        const all = limits.flatMap((line) => line.dataset.endings.split(" ")).map((text) => text.slice(1));
        return `不接受這種檔案；可上傳的有 ${all.join("、")}。`;
      }
      if (file.size === 0) return "這是空白檔案（0 位元組），請檢查後重新選檔。";
      if (file.size > Number(limit.dataset.most)) {
        return `超過${limit.dataset.limit}的上限 ${bytes(Number(limit.dataset.most))}，沒有上傳。`;
      }
      return "";
    }

    async add(files) {
      const previous = await this.previous();
      for (const file of files) {
        const same = this.items.find((item) => item.name === file.name && item.size === file.size);
        if (same) {
          same.goOnWith(same.file ? null : file);
          continue;
        }
        const reason = this.whyNot(file);
        const known = previous.find((one) => one.name === file.name && one.size === file.size);
        const item = new Item(this, { name: file.name, size: file.size, file, previous: known });
        if (reason) {
          item.show("refused", reason, { buttons: ["remove"] });
        } else {
          item.show("waiting", "", { buttons: ["remove"], say: false });
        }
        this.items.push(item);
      }
      this.next();
    }

    next() {
      const sending = this.items.filter((item) => item.state === "sending").length;
      const waiting = this.items.filter((item) => item.state === "waiting");
      waiting.slice(0, Math.max(0, AT_ONCE - sending)).forEach((item) => item.start());
    }

    forget(item) {
      this.items = this.items.filter((other) => other !== item);
      this.list.hidden = this.items.length === 0;
      this.say(`已移除 ${item.name}`);
      this.find("[data-choose]").focus();
      if (item.token) this.tell("upload:removed", item);
      this.next();
    }

    // What this browser began for this form: under a name that says for whom and for what.
    fingerprint(name, size) {
      return `portal-${this.root.dataset.key}-${size}-${name}`;
    }

    async previous() {
      const all = await tus.defaultOptions.urlStorage.findAllUploads();
      return all
        .filter((one) => one.urlStorageKey.startsWith(`tus::portal-${this.root.dataset.key}-`) && one.uploadUrl)
        .map((one) => ({ ...one, name: one.metadata.filename }));
    }

    async forgetFingerprint(name, size) {
      for (const one of await this.previous()) {
        if (one.name === name && one.size === size) {
          await tus.defaultOptions.urlStorage.removeUpload(one.urlStorageKey);
        }
      }
    }

    // Files of an earlier visit: the server says how far each came; what it no longer knows is forgotten.
    async recall() {
      for (const one of await this.previous()) {
        const answer = await wire("HEAD", one.uploadUrl).catch(() => null);
        if (answer?.status === 404) await tus.defaultOptions.urlStorage.removeUpload(one.urlStorageKey);
        if (!answer?.ok || this.items.some((item) => item.name === one.name && item.size === one.size)) continue;
        const item = new Item(this, { name: one.name, size: one.size, previous: one });
        const sent = Number(answer.headers.get("Upload-Offset"));
        item.progress(sent);
        item.show(
          "paused",
          `上次送達 ${bytes(sent)}（共 ${bytes(one.size)}）；再選一次同一個檔案，從那裡接續。`,
          { buttons: ["again", "remove"], say: false },
        );
        this.items.push(item);
      }
    }
  }

  const boxes = [];
  const begin = () => {
    for (const root of document.querySelectorAll("[data-uploader]:not([data-ready])")) {
      root.dataset.ready = "yes";
      boxes.push(new Box(root));
    }
  };
  const items = () => boxes.filter((box) => box.root.isConnected).flatMap((box) => box.items);

  begin();
  document.addEventListener("htmx:load", begin);
  window.addEventListener("online", () => items().filter((item) => item.waiting).forEach((item) => item.resume()));
  window.addEventListener("beforeunload", (event) => {
    if (items().some((item) => ["sending", "waiting"].includes(item.state))) event.preventDefault();
  });
})();
