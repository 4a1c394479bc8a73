import type { ResourceId } from './fields.ts'

/** A named set of people. It is an object, so that it cannot be mistaken for the id of a person. */
export interface Audience {
  readonly audience: string
}

/** The bookers and attendees of every booking of the resource that has not ended: `resource/<id>/bookers`. */
export const bookersOf = (resource: ResourceId): Audience => ({ audience: `resource/${resource}/bookers` })

/** The managers of the resource: `resource/<id>/managers`. */
export const managersOf = (resource: ResourceId): Audience => ({ audience: `resource/${resource}/managers` })

/** All people with the role: `role/<role>`. */
export const withRole = (role: string): Audience => ({ audience: `role/${role}` })

/** All people with a profile. */
export const everyone: Audience = { audience: 'everyone' }

/** The audience of this name, for names that come from events or settings. */
export const audienceNamed = (name: string): Audience => ({ audience: name })
