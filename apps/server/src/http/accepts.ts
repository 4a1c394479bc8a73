/**
 * Whether a client accepts this media type, by its header Accept, in any case: the range that names it most exactly decides. Without the
 * header everything is accepted.
 */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true
  const exactly = [type, `${type.split('/', 1)[0]}/*`, '*/*']
  const ranges = header.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()))
  for (const wanted of exactly) {
    const found = ranges.filter(([range]) => range === wanted)
    // A quality of 0 means that it is not accepted.
    if (found.length > 0)
      return found.some(([, ...parameters]) => !parameters.some((one) => /^q\s*=\s*0(\.0*)?$/.test(one)))
  }
  return false
}
