/** Controls and marks of direction, with which a text could take over the terminal. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from others, safe to show: lines and tabs stay, other controls are written out. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same, on one line. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/[\r\n\t]+/g, ' '));
}
