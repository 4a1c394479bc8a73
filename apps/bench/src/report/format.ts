/** Formats a number with about three digits, as people read it: 0.32, 5.1, 41.7, 12,200. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', {
    maximumFractionDigits: digits,
    maximumSignificantDigits: 4,
    roundingPriority: 'lessPrecision',
  })
}
