// The table of the wstest door: hide what is as it should be.
{
  const button = byId('failures'), grid = byId('grid');
  button.hidden = false;
  button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', grid.classList.toggle('onlyloud'));
  });
}
