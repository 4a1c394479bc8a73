import Format, { IsDateTime } from 'typebox/format'

/** Nearly every time that is sent; no 31st of a month and no leap second is among it. */
const USUAL =
  /^\d{4}-(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Whether a text has the format `date-time` of JSON Schema. TypeBox's own check, which decides in the end, makes six texts and lists of each. */
export const isDateTime = (text: string): boolean => USUAL.test(text) || IsDateTime(text)

Format.Set('date-time', isDateTime)
