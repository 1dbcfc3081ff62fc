// What this visitor saw of a comparison when they were here last, kept in their own browser. One look lasts as long as its tab.
export default function ({ data, setStateValue }) {
  const key = `kdmcse.seen.${data.what}`;
  const before = sessionStorage.getItem(key) ?? localStorage.getItem(key) ?? "";
  sessionStorage.setItem(key, before);
  localStorage.setItem(key, data.state);
  if (before !== data.before) setStateValue("before", before);
}
