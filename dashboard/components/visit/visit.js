// What this visitor saw of a dataset when they were here last, kept in their own browser. One look lasts as long as its tab.
export default function ({ data, setStateValue }) {
  const key = `kdmcse.seen.${data.dataset}`;
  const before = sessionStorage.getItem(key) ?? localStorage.getItem(key) ?? "";
  sessionStorage.setItem(key, before);
  localStorage.setItem(key, data.state);
  if (before !== data.before) setStateValue("before", before);
}
