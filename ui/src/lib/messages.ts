/**
 * Every sentence of the UI, as functions that are checked when the program is compiled: `m.common_cancel()`.
 * The catalogs are in messages/<part>.en.json. A key starts with the name of its file, a test
 * refuses keys that nothing uses, and a plural is written as in `format_minutes_ago`.
 */
export { m } from "./paraglide/messages.js";
