/** A secret has at least this many characters. */
export const SECRET_LENGTH = 32
/** And at least this many different ones: `xxxx…` can be guessed. */
export const SECRET_CHARACTERS = 8

/** Whether a secret could be guessed: it is too short, or has too few different characters. */
export const isWeakSecret = (secret: string): boolean =>
  secret.length < SECRET_LENGTH || new Set(secret).size < SECRET_CHARACTERS
