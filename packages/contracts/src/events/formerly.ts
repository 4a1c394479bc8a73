import Type, { type TSchema } from 'typebox'

/** A field of `previous`: the old value, there only if it changed. */
export const formerly = <S extends TSchema>(field: S) => Type.Optional(field)

/** A field of `previous` that may have been absent before: then its old value is null. */
export const formerlyOrAbsent = <S extends TSchema>(field: S) => Type.Optional(Type.Union([field, Type.Null()]))
