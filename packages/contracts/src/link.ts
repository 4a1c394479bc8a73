/** What a link must be, in words. */
export const LINK_EXPECTED =
  'a path that starts with one /, an address with https:// or http:// and no user, or one of a scheme in link_schemes; without white space, control and direction characters and \\'

/** What these schemes lead to runs, or is read, where the link is followed: no configuration can allow them. */
const refused: ReadonlySet<string> = new Set(
  [
    'about blob chrome chrome-extension data feed file filesystem ftp intent jar javascript livescript mhtml mocha',
    'moz-extension res resource vbscript view-source ws wss',
  ].flatMap((names) => names.split(' ')),
)

/** Schemes of links, in lower case, beside `https` and `http`. */
export type LinkSchemes = ReadonlySet<string>

/** The schemes of a list that links may have; the others are left out. */
export const linkSchemes = (names: readonly string[]): LinkSchemes => new Set(names.filter(isLinkScheme))

/** Whether links may be of this scheme where it is named: it is written in lower case, and runs nothing. */
export const isLinkScheme = (name: string): boolean => /^[a-z][a-z0-9+.-]*$/.test(name) && !refused.has(name)

// Control, format (direction marks are such), separators and white space, half of a surrogate pair; and \, which browsers take for /.
const hidden = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\]/u

/**
 * Whether clients may be led there: a path of our own, `https:` or `http:` with a host, or one of these schemes. Without `schemes`
 * any scheme passes that can be allowed. What is percent-encoded stays as it is.
 */
export function isLink(link: string, schemes?: LinkSchemes): boolean {
  if (hidden.test(link)) return false
  if (link.startsWith('/')) return !leavesPath.test(link)
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(link)?.[1]?.toLowerCase()
  if (scheme === undefined) return false
  // No user before the host: `https://app.example@evil.example` leads to evil.example.
  if (scheme === 'https' || scheme === 'http')
    return /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(link) && URL.canParse(link)
  return schemes === undefined ? isLinkScheme(scheme) : schemes.has(scheme)
}

/** `//host` is another host; so is what `/.//host` and `/a/..//host` become when their dots are taken away. */
const leavesPath = /^\/\/|\/(?:\.|%2e){1,2}\/\//i
