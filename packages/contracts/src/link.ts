/** The description of a valid link, for problems. */
export const LINK_EXPECTED =
  'a path that starts with one /, an address with https:// or http:// and no user, or one of a scheme in link_schemes; without white space, control and direction characters and \\'

/** Schemes whose links run code, or read files or pages, on the device that follows them. No configuration can allow them. */
const dangerousSchemes: ReadonlySet<string> = new Set(
  [
    'about blob chrome chrome-extension data feed file filesystem ftp intent jar javascript livescript mhtml mocha',
    'moz-extension res resource vbscript view-source ws wss',
  ].flatMap((names) => names.split(' ')),
)

/** The schemes that links may have besides `https` and `http`, in lower case. */
export type LinkSchemes = ReadonlySet<string>

/** Returns the schemes of a list that can be allowed; the others are left out. */
export const linkSchemes = (names: readonly string[]): LinkSchemes => new Set(names.filter(isLinkScheme))

/** Returns whether a configuration can allow links of this scheme: it is in lower case, and is not one that runs code. */
export const isLinkScheme = (name: string): boolean => /^[a-z][a-z0-9+.-]*$/.test(name) && !dangerousSchemes.has(name)

// Control characters, format characters (such as direction marks), white space, halves of surrogate pairs; and \, which browsers read as /.
const forbiddenCharacters = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\]/u

/**
 * Returns whether a notification may have this link: a path of the platform, an `https:` or `http:` address with a host, or one of these
 * schemes. Without `schemes` every scheme that a configuration can allow is accepted. Percent-encoded characters are not decoded.
 */
export function isLink(link: string, schemes?: LinkSchemes): boolean {
  if (forbiddenCharacters.test(link)) return false
  if (link.startsWith('/')) return !otherHost.test(link)
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(link)?.[1]?.toLowerCase()
  if (scheme === undefined) return false
  // A user before the host is refused: `https://app.example@evil.example` leads to evil.example.
  if (scheme === 'https' || scheme === 'http')
    return /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(link) && URL.canParse(link)
  return schemes === undefined ? isLinkScheme(scheme) : schemes.has(scheme)
}

/** A path that leads to another host: `//host`, and `/.//host` and `/a/..//host`, which browsers shorten to it. */
const otherHost = /^\/\/|\/(?:\.|%2e){1,2}\/\//i
