/** Whether a text is the id of a person: 1 to 128 printable characters. */
export const isPersonId = (text: string): boolean => /^[^\p{Cc}\u2028\u2029]{1,128}$/u.test(text) && text.isWellFormed()
