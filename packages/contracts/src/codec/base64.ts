/** The bytes of a text in Base64 (RFC 4648), or undefined if it is not. White space is ignored. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  return bytesOfBinary(binary)
}

/** The bytes of a text with one character for each. */
export function bytesOfBinary(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length)
  // Several times faster than Uint8Array.from.
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}
