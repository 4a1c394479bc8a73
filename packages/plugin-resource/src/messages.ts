import { defineMessages } from '@belfry/core'

/** The part that the texts for bookers and for managers share: the visible changes, with the old values. */
const visible =
  `{renamed, select, yes {It was called {wasName}; now it is called {name}. } other {}}{relocated, select, moved {It was at {wasLocation}; now it is at {location}. } set {It is at {location} now. } removed {It is no longer at {wasLocation}. } other {}}{status, select, available {It is available now. } maintenance {It is under maintenance now. } retired {It is no longer in use. } other {}}` as const

/** The messages about resources, in English. */
export const messages = defineMessages({
  created: {
    title: 'You manage {name}',
    body: 'It has just been set up ({kind}{located, select, yes {, {location}} other {}}), and you are one of its managers. Open it to see whether everything is right.',
    category: 'resource',
  },
  changed: {
    title: 'Changed: {name}',
    body: `You have booked it. ${visible}Open it to see whether it still suits you.`,
    category: 'resource',
  },
  managedChanged: {
    title: 'Changed: {name}',
    body: `${visible}{kind, select, changed {It was of the kind {wasKind}; now it is of the kind {newKind}. } set {It is of the kind {newKind} now. } removed {It is no longer of the kind {wasKind}. } other {}}{joined, plural, =0 {} one {# manager has been added. } other {# managers have been added. }}{left, plural, =0 {} one {# manager has been removed. } other {# managers have been removed. }}You manage it; open it to see the details.`,
    category: 'resource',
  },
  managing: {
    title: 'You manage {name} now',
    body: 'You have become one of its managers. Open it to see what there is to know.',
    category: 'resource',
  },
  notManaging: {
    title: 'You no longer manage {name}',
    body: 'You are no longer one of its managers, and will hear no more about it. There is nothing that you have to do.',
    category: 'resource',
  },
  deleted: {
    title: 'No longer available: {name}',
    body: '{because, select, known {The reason given: “{reason}”. } other {}}You have booked it, and it can no longer be used. Look for something else for your upcoming bookings.',
    category: 'resource',
  },
  managedDeleted: {
    title: 'Deleted: {name}',
    body: '{because, select, known {The reason given: “{reason}”. } other {}}You managed it; whoever had booked it has been told. There is nothing that you have to do.',
    category: 'resource',
  },
})
