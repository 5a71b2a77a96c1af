"""The words in a picture, by rapidocr on the processor. Only the child of `bounded` imports it.

    eye = Eye()
    words = eye.words(png)

Models are files of the package: nothing is fetched. The first picture costs about a second more.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from iofacturo.renewals.proof_reading.word import Box, Word

MOST_PIXELS = 2_200_000  # what is larger is scaled down first
LONGEST_SIDE = 2_600
DETECTION_SIDE = 960  # finding text needs fewer pixels than reading it
MOST_WORDS = 140  # the largest, of a page with more
LEAST_SCORE = 0.5
THREADS = 2
VOTERS = 16
TALL = 1.5

Image = np.ndarray[Any, Any]


class Eye:
    """The engine, loaded once."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "critical",
                "Det.limit_side_len": DETECTION_SIDE,
                "Det.limit_type": "max",
            }
        )

    def words(self, png: bytes) -> list[Word]:
        """What stands in the picture *png*, in its own pixels; empty where nothing was found."""
        image, scale = _opened(png)
        try:
            crops, found = self._engine.detect_and_crop(image, {})
        except Exception as error:
            if type(error).__name__ == "RapidOCRError":  # its way of saying: no text
                return []
            raise
        boxes = np.asarray(found.boxes)
        if len(boxes) > MOST_WORDS:
            sizes = [cv2.contourArea(box.astype(np.float32)) for box in boxes]
            kept = sorted(np.argsort(sizes)[-MOST_WORDS:])
            boxes, crops = boxes[kept], [crops[i] for i in kept]
        first = self._upright(boxes, crops)
        return [
            Word(text, _corners(box / scale, first), score)
            for (text, score), box in zip(self._recognized(crops), boxes, strict=True)
            if text.strip() and score >= LEAST_SCORE
        ]

    def texts(self, png: bytes, boxes: list[Box]) -> list[str]:
        """What stands in each of *boxes* of an upright picture."""
        image, scale = _opened(png)
        crops = [_cut(image, box, scale) for box in boxes]
        if not crops or any(not crop.size for crop in crops):
            return ["" for _ in boxes]
        return [text for text, _ in self._recognized(crops)]

    def _upright(self, boxes: Image, crops: list[Image]) -> int:
        """Turn *crops* so that their text stands upright; which corner of a box it begins at.

        A page is turned as a whole: a few crops vote, and the rest follow.
        """
        tall = [_is_tall(box) for box in boxes]
        quarter = sum(tall) * 2 > len(tall)
        if quarter:
            for i, was_turned in enumerate(tall):
                if not was_turned:
                    crops[i] = np.rot90(crops[i])
        widest = sorted(range(len(crops)), key=lambda i: -crops[i].shape[1])[:VOTERS]
        _, votes = self._engine.cls_and_rotate([crops[i] for i in widest])
        against = sum("180" in name and score > 0.7 for name, score in votes.cls_res or [])
        flipped = against * 2 > len(widest)
        if flipped:
            crops[:] = [cv2.rotate(crop, cv2.ROTATE_180) for crop in crops]
        return (1 if quarter else 0) + (2 if flipped else 0)

    def _recognized(self, crops: list[Image]) -> list[tuple[str, float]]:
        found = self._engine.recognize_txt(crops)
        texts, scores = found.txts or (), found.scores or ()
        return [(str(text), float(score)) for text, score in zip(texts, scores, strict=True)]


def _opened(png: bytes) -> tuple[Image, float]:
    """The pixels, scaled down where there are too many, and by how much."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("not a picture")
    height, width = image.shape[:2]
    scale = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5, LONGEST_SIDE / max(height, width))
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(image), scale


def _cut(image: Image, box: Box, scale: float) -> Image:
    left, top, right, bottom = (side * scale for side in box)
    margin = 0.18 * (bottom - top)
    height, width = image.shape[:2]
    x0, x1 = max(0, round(left - margin)), min(width, round(right + margin))
    y0, y1 = max(0, round(top - margin)), min(height, round(bottom + margin))
    return image[y0:y1, x0:x1]


def _is_tall(box: Image) -> bool:
    """As rapidocr decides which crops it turns."""
    width = max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))
    height = max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))
    return bool(int(height) / max(int(width), 1) >= TALL)


def _corners(box: Image, first: int) -> Any:
    turned = [(float(x), float(y)) for x, y in box]
    return tuple(turned[first:] + turned[:first])
