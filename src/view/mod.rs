//! Text, JSON, JSON lines and Markdown of what happened; decides nothing.
