import type { ResourceId } from './fields.ts'

/** A named set of people. It is a value, so that no person's id can be taken for one. */
export interface Audience {
  readonly audience: string
}

/** Booker and attendees of every booking of the resource that has not ended: `resource/<id>/bookers`. */
export const bookersOf = (resource: ResourceId): Audience => ({ audience: `resource/${resource}/bookers` })

/** The managers of the resource: `resource/<id>/managers`. */
export const managersOf = (resource: ResourceId): Audience => ({ audience: `resource/${resource}/managers` })

/** Everybody who has the role: `role/<role>`. */
export const withRole = (role: string): Audience => ({ audience: `role/${role}` })

/** Everybody with a profile. */
export const everyone: Audience = { audience: 'everyone' }

/** An audience by its name, for names that come from elsewhere. */
export const audienceNamed = (name: string): Audience => ({ audience: name })
