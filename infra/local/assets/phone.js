// Looks for new messages every two seconds and shows them without a reload, so that reading is not disturbed.
"use strict";

const box = () => document.querySelector(".messages");
const toEnd = () => { box().scrollTop = box().scrollHeight; };

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of [".who", "nav ul", ".messages"]) {
    const old = document.querySelector(part);
    const now = page.querySelector(part);
    if (old.innerHTML !== now.innerHTML) {
      old.replaceChildren(...now.childNodes);
      if (part === ".messages") toEnd();
    }
  }
}

document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center" });
toEnd();
// The server may be restarting; the next round asks again.
setInterval(() => refresh().catch(() => {}), 2000);
