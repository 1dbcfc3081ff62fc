"""The face: knows Streamlit and Plotly, contains no method. `streamlit run dashboard/app.py` from the project root."""
