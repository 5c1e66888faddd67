/** Instants as people read them, in the browser's own time zone. */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const shortDate = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const DAY = 86_400_000;

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date, now) => Math.round((midnight(now) - midnight(date)) / DAY);

/** "14:05". */
export const timeOf = (iso) => clock.format(new Date(iso));

/** A key that is equal for two instants of the same local day. */
export const dayKey = (iso) => midnight(new Date(iso));

/** For a list: the time today, the weekday this week, the date before that. */
export function shortTime(iso, now = new Date()) {
  const date = new Date(iso);
  const ago = daysAgo(date, now);
  if (ago <= 0) return clock.format(date);
  return ago < 7 ? weekday.format(date) : shortDate.format(date);
}

/** For a separator between days: "Today", "Yesterday" or the date. */
export function dayName(iso, now = new Date()) {
  const date = new Date(iso);
  const ago = daysAgo(date, now);
  if (ago === 0) return "Today";
  return ago === 1 ? "Yesterday" : longDate.format(date);
}
