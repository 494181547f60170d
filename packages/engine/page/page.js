// Shows one channel and its state, until the console comes. Plain script: the engine serves it as it is.
(() => {
  const lookEveryMs = 1_000;
  /** A player further behind the newest picture than this (seconds) is brought near it again. */
  const behindMax = 4;
  const reconnectMs = 1_500;

  const at = (id) => document.getElementById(id);
  const video = at("video");
  let shown;
  let player;
  let retry;

  const say = (text) => {
    at("notice").hidden = text === "";
    at("notice").textContent = text;
  };

  function play(id) {
    clearTimeout(retry);
    player?.destroy();
    player = undefined;
    shown = id;
    if (!window.mpegts?.isSupported()) {
      say("This browser cannot play live MPEG-TS. Open the stream in a player such as VLC.");
      return;
    }
    mpegts.LoggingControl.enableAll = false;
    player = mpegts.createPlayer(
      { type: "mpegts", isLive: true, url: new URL(`/channel/${id}.ts`, location.href).href },
      { enableStashBuffer: false, liveSync: true, liveSyncMaxLatency: 2, liveSyncTargetLatency: 0.8 },
    );
    const again = () => {
      say("The stream broke off; connecting again.");
      clearTimeout(retry);
      retry = setTimeout(() => shown === id && play(id), reconnectMs);
    };
    player.on(mpegts.Events.ERROR, again);
    player.on(mpegts.Events.LOADING_COMPLETE, again);
    player.attachMediaElement(video);
    player.load();
    video.play()?.catch(() => say("Press play to begin."));
  }

  video.addEventListener("playing", () => say(""));
  at("sound").addEventListener("click", () => {
    video.muted = !video.muted;
    at("sound").setAttribute("aria-pressed", String(!video.muted));
    at("sound").textContent = video.muted ? "Sound on" : "Sound off";
  });

  const rateOf = (text) => {
    const [num, den = "1"] = text.split("/");
    return Number(num) / Number(den);
  };
  const seconds = (count) => {
    const whole = Math.max(0, Math.round(count));
    return whole >= 3600
      ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
      : whole >= 60
        ? `${Math.floor(whole / 60)} min ${whole % 60} s`
        : `${whole} s`;
  };
  const describe = (place) =>
    place === null || place === undefined
      ? "nothing"
      : place.kind === "void" || place.kind === "pad"
        ? "black (nothing is planned)"
        : `${place.title ?? place.uri ?? "untitled"}${place.kind === "filler" ? " (filler)" : ""}`;

  function show(channel) {
    const rate = rateOf(channel.format.frameRate);
    const { onAir, next, counters, standIn, format } = channel;
    at("name").textContent = `${channel.id} · ${channel.name}`;
    at("state").textContent = channel.state;
    at("state").dataset.state = channel.state;
    at("on-air").textContent = describe(onAir);
    const isBounded = onAir !== null && Number.isSafeInteger(onAir.end);
    at("until").textContent = isBounded ? `${seconds((onAir.end - channel.tick) / rate)} more` : "open end";
    at("progress").style.width = isBounded
      ? `${(100 * (channel.tick - onAir.first)) / (onAir.end - onAir.first)}%`
      : "0";
    at("next").textContent = describe(next);
    at("stand-in").textContent = standIn === null ? "none" : `${standIn.kind}, because: ${standIn.reason}`;
    at("stand-in").className = standIn === null ? "" : "warn";
    at("tick").textContent = String(channel.tick);
    at("depth").value = channel.depthFrames;
    at("depth-text").textContent =
      `${channel.depthFrames} frames, ${Math.round((1000 * channel.depthFrames) / rate)} ms`;
    // Black where the plan has nothing, and the slate of an asset of sound alone, are no stand-ins to people.
    const unplanned = (kind) => {
      const { planned = 0, soundOnly = 0 } = counters.standInsBy?.[kind] ?? {};
      return counters.standIns[kind] - planned - soundOnly;
    };
    at("counters").textContent =
      `${counters.committed} aired; stand-ins: ${unplanned("hold")} hold, ${unplanned("slate")} slate, ${unplanned("black")} black; ${counters.lateCommits} late`;
    at("format").textContent =
      `${format.width}×${format.height} at ${rate.toFixed(2)}, ${format.channels} × ${format.sampleRate} Hz`;
    at("viewers").textContent = channel.output.live
      ? String(channel.output.viewers)
      : "not encoded at the moment";
    at("plan").textContent =
      `revision ${channel.plan.revision}, ${channel.plan.segments} segments, then ${channel.plan.end === "loop" ? "again" : "black"}`;
    at("stream").href = `/channel/${channel.id}.ts`;
    at("still").href = `/channel/${channel.id}.jpg`;
  }

  function list(channels) {
    const nav = at("channels");
    const wanted = channels.map(({ id, name }) => `${id} ${name}`).join("\n");
    if (nav.dataset.shown === wanted) return;
    nav.dataset.shown = wanted;
    nav.replaceChildren(
      ...channels.map(({ id, name }) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = `${id} ${name}`;
        button.addEventListener("click", () => {
          play(id);
          void look();
        });
        return button;
      }),
    );
  }

  async function look() {
    try {
      const { channels } = await (await fetch("/channels.json", { cache: "no-store" })).json();
      at("link").textContent = "engine answers";
      list(channels);
      if (shown === undefined && channels.length > 0) play(channels[0].id);
      const channel = channels.find(({ id }) => id === shown);
      if (channel) show(channel);
    } catch {
      at("link").textContent = "engine does not answer";
    }
    const ahead =
      video.buffered.length > 0 ? video.buffered.end(video.buffered.length - 1) - video.currentTime : 0;
    if (ahead > behindMax && !video.paused) video.currentTime += ahead - 0.8;
  }

  setInterval(look, lookEveryMs);
  void look();
})();
