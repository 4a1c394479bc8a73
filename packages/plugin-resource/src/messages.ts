import { defineMessages } from '@belfry/core'

/** The part that the texts for bookers and for managers share: the visible changes, with the old values. */
const visible =
  `{renamed, select, yes {“{wasName}” is now called “{name}”. } other {}}{relocated, select, moved {New location: {location} (previously: {wasLocation}). } set {Location: {location}. } removed {The location is no longer {wasLocation}. } other {}}{status, select, available {New status: available. } maintenance {New status: under maintenance. } retired {New status: no longer in use. } unknown {New status: unknown. } other {}}` as const

/** The messages about resources, in English. */
export const messages = defineMessages({
  created: {
    title: 'You manage {name}',
    body: '{name} was just added ({kind}{located, select, yes {, {location}} other {}}). Open it to check the details.',
    category: 'resource',
  },
  changed: {
    title: 'Changed: {name}',
    body: `${visible}Check whether your upcoming booking still suits you.`,
    category: 'resource',
  },
  managedChanged: {
    title: 'Changed: {name}',
    body: `${visible}{kind, select, changed {New kind: {newKind} (previously: {wasKind}). } set {Kind: {newKind}. } removed {The kind is no longer {wasKind}. } other {}}{joined, plural, =0 {} one {# manager was added. } other {# managers were added. }}{left, plural, =0 {} one {# manager was removed. } other {# managers were removed. }}{other, select, yes {Other details have changed. } other {}}You manage {name}. Open it for details.`,
    category: 'resource',
  },
  managing: {
    title: 'You now manage {name}',
    body: 'From now on you will be notified of its changes and conflicts. Open it for details.',
    category: 'resource',
  },
  notManaging: {
    title: 'You no longer manage {name}',
    body: 'You will no longer be notified as one of its managers. You do not need to do anything.',
    category: 'resource',
  },
  deleted: {
    title: 'No longer available: {name}',
    body: '{name} can no longer be used. {because, select, known {Reason: “{reason}”. } other {}}Choose something else for your upcoming bookings.',
    category: 'resource',
  },
  managedDeleted: {
    title: 'Deleted: {name}',
    body: '{name}, which you managed, was deleted. {because, select, known {Reason: “{reason}”. } other {}}People with upcoming bookings have been notified. You do not need to do anything.',
    category: 'resource',
  },
})
