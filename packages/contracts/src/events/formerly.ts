import Type, { type TSchema } from 'typebox'

/** A field of `previous`: the old value, present only if the field changed. */
export const formerly = <S extends TSchema>(field: S) => Type.Optional(field)

/** A field of `previous` whose old value is null if the field was absent before. */
export const formerlyOrAbsent = <S extends TSchema>(field: S) => Type.Optional(Type.Union([field, Type.Null()]))
