// URL validation: join links to this phone's bot, and URLs that are safe to open.

import { address } from "./server.js";

const OPENABLE = new Set(["http:", "https:", "mailto:", "tel:"]);
const TELEGRAM = new Set(["t.me", "www.t.me", "telegram.me", "telegram.dog"]);

function parse(text) {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[\w.-]+:\d/.test(text);
  try {
    return new URL(whole ? text : `https://${text}`);
  } catch {
    return null;
  }
}

/** The URL if it is safe to open, else null: javascript: and other schemes are refused. */
export function openable(text) {
  const url = parse(text.startsWith("/") ? address(text) : text);
  return url && OPENABLE.has(url.protocol) ? url.href : null;
}

/** The start parameter of a join link to the bot ("" when it has none), or null for any other URL. */
export function joinParameter(text, bot) {
  const url = parse(text.startsWith("/") ? address(text) : text);
  if (!url || !bot) return null;
  const parts = url.pathname.split("/").filter(Boolean);
  let name = null;
  if (url.protocol === "tg:") name = url.searchParams.get("domain");
  else if (TELEGRAM.has(url.hostname) && parts.length === 1) name = parts[0];
  else if (parts.length === 2 && parts[0] === "t" && url.host === new URL(address("/")).host) name = parts[1];
  if (!name || name.toLowerCase() !== bot.toLowerCase()) return null;
  return url.searchParams.get("start") ?? "";
}
