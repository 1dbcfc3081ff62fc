"""Tables in, charts as Plotly's JSON out. Neither Streamlit nor Plotly here."""
