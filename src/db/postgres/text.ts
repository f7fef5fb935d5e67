/**
 * Whether PostgreSQL can hold a text: none with U+0000. What is looked up by another one is not there, and asking for it would be an error.
 *
 * @see https://www.postgresql.org/docs/current/datatype-character.html
 */
export const canHold = (text: string): boolean => !text.includes("\0");

/** The greatest number of a column of 32 bits: what is compared with one must not be greater. */
export const INTEGER_MAX = 2_147_483_647;
