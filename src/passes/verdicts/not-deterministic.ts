// Passes whose result depends on where things lie in memory, so that two runs of one list differ. With them
// no answer could be had again from its seed, and no list replayed.

export const notDeterministic: Readonly<Record<string, string>> = {
  'gvn-sink': 'gives another result in about half of the runs of some modules, in `opt` too',
};
