"""Money: tables and engines count in fen, people and figures in yuan."""

FEN_PER_YUAN = 100
