/** What a PostgreSQL text can hold and a C string can carry: no NUL, no lone surrogates. */
// oxlint-disable-next-line no-control-regex -- NUL is what it looks for
export const PLAIN_TEXT = /^[^\u0000\p{Cs}]*$/u;
